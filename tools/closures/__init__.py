"""Real requirement sets, mirrored and installed; see tools/requirement-sets."""
