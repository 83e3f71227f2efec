"""Attacks, one module for each risk; adding one is adding a file."""

from ._attack import Attack, AttackerResources, attack_on, attacks

__all__ = ["Attack", "AttackerResources", "attack_on", "attacks"]
