KNOWN_GAPS = {}
Gap = Owner = None
