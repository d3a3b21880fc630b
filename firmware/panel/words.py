"""The LCD's words in one language, in one piece: a dict of them takes four times the memory."""

from firmware.borrowed import Borrowed


def _de():
    from firmware.panel.words_de import TEXT

    return TEXT


def _en():
    from firmware.panel.words_en import TEXT

    return TEXT


def _fr():
    from firmware.panel.words_fr import TEXT

    return TEXT


class Words:
    """`language`: "de", "en" or "fr". `words["mask"]` is the word; KeyError when there is none."""

    def __init__(self, language):
        borrowed = Borrowed()
        self._text = borrowed.load({"de": _de, "fr": _fr}.get(language, _en)).encode()
        borrowed.give_back()

    def __getitem__(self, key):
        start = self._text.find(("\n" + key + "=").encode())
        if start < 0:
            raise KeyError(key)
        start += len(key) + 2
        return self._text[start : self._text.find(b"\n", start)].decode()

    def get(self, key, default):
        """Return the word, `default` when there is none."""
        try:
            return self[key]
        except KeyError:
            return default
