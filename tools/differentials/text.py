"""Making strings: choices from a seeded generator, and small damage to what they make."""

import random

SPACES = ["", "", "", " ", "  ", "\t", "\n", "\u00a0", "\x1f", "\u2003"]
ODD = ["", ".", "x", "!", "+", "é", "-", "c", "*", ",", " ", "_", "0", "=", "<", "'", '"', "(", ")", ";", "\\", "v", "K"]


class Chance(random.Random):
    def pick(self, choices):
        return choices[self.randrange(len(choices))]

    def maybe(self, one_in, make):
        """A text now and then, else none; `make` is a text or makes one."""
        if self.randrange(one_in):
            return ""
        return make() if callable(make) else make

    def damaged(self, text, one_in=10):
        """The text, in one of some cases with one to three characters changed."""
        if self.randrange(one_in):
            return text
        for _ in range(self.randrange(1, 4)):
            at = self.randrange(len(text) + 1)
            text = text[:at] + self.pick(ODD) + text[at + self.randrange(2):]
        return text


def distinct(make, count, given=()):
    """The given cases, and then different ones that are made, until there are `count`."""
    seen = dict.fromkeys(given)
    tries = 0
    while len(seen) < count and tries < 50 * count:
        seen[make()] = None
        tries += 1
    return list(seen)
