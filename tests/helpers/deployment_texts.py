"""Deployment files of tests: one that states much and has six defenses, and a hostile one."""

from __future__ import annotations

import json

from hostile import PAYLOADS

__all__ = ["HOSTILE_DEPLOYMENT", "TRIAGE"]

TRIAGE = """\
deployment: 1
name: Patient triage
purpose: Order the waiting list of an emergency department
owner: Clinical data team
data:
  records: 120000
  attributes: 64
  modality: tabular
  size: small
  tail: long
  dimensionality: high
  groups: small_groups
  sensitive_attributes: [sex, ethnicity]
model:
  kind: PyTorch MLP
  capacity: large
  fit: overfitted
  initialization: from_scratch
  learning: central
offered: {answers: explanations, interaction: unlimited, explanation_use: released}
given: {tuning: untuned, poison: targeted, membership_attack: score}
adversaries:
  - name: patient
    given: {model_knowledge: blackbox, capability: honest_but_curious, defense_knowledge: aware}
  - {name: insider, given: {model_knowledge: whitebox, capability: malicious}}
  - {name: supplier, given: {model_knowledge: graybox, capability: malicious}}
defenses:
  - {defense: adversarial_training}
  - {defense: differential_privacy, given: {privacy_budget: strict}, settings: {epsilon: 1.0}}
  - {defense: watermarking@post}
  - {defense: outlier_removal}
  - {defense: group_fairness@post}
  - {defense: explanations}
accepted:
  - finding: rise:evasion:explanations
    reason: no attack is worth it here
    owner: Clinical data team
    until: "2027-06-30"
"""
"""Six defenses, three adversaries, and all that may be stated of data, model and offer."""

HOSTILE_DEPLOYMENT = json.dumps(
    {
        "deployment": 1,
        "name": f"N {PAYLOADS[0]}{PAYLOADS[4]}"[:120],
        "purpose": " ".join(PAYLOADS),
        "owner": PAYLOADS[1],
        "data": {"sensitive_attributes": [PAYLOADS[2], PAYLOADS[3]]},
        "model": {"kind": PAYLOADS[6]},
        "adversaries": [{"name": PAYLOADS[1], "given": {"model_knowledge": "whitebox"}}],
        "defenses": [
            {"defense": "adversarial_training", "settings": {PAYLOADS[0]: PAYLOADS[7]}},
            {"defense": "differential_privacy"},
        ],
        "accepted": [
            {
                "finding": "rise:membership_inference:adversarial_training",
                "reason": PAYLOADS[3],
                "owner": PAYLOADS[5],
                "until": "2027-06-30",
            }
        ],
    }
)
"""A file that tries to run script wherever a report shows a text of it."""
