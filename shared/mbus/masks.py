"""Masks of a search, digit by digit: 8 bytes as they follow CI 52h, in which a digit F fits any."""


def digit_at(mask, place):
    """Return the digit at `place`, 0 for the first as printed ... 7."""
    byte = mask[3 - place // 2]
    return byte & 15 if place & 1 else byte >> 4


def fixed(mask, place, digit):
    """Return `mask` with the digit at `place` (0..7) fixed."""
    index = 3 - place // 2
    byte = mask[index] & 0xF0 | digit if place & 1 else mask[index] & 0x0F | digit << 4
    return mask[:index] + bytes((byte,)) + mask[index + 1 :]


def free_places(mask):
    """Return the places of the wildcard digits."""
    return [place for place in range(8) if digit_at(mask, place) == 15]


def first_difference(headers, places):
    """Return the first of `places` in which the numbers of `headers` differ, None for none."""
    for place in places:
        for header in headers:
            if digit_at(header, place) != digit_at(headers[0], place):
                return place
    return None


def with_digit(headers, place, digit):
    """Return those of `headers` that have `digit` at `place`."""
    return [header for header in headers if digit_at(header, place) == digit]
