"""A plug-in for Crosscurrent: a defense, an attack, a data set, and what is known of them."""
