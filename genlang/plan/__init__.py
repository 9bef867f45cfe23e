"""Model -> Plan: what is summed out, in which order."""
