"""One look everywhere: colour and marker belong to a technique, dash and lightness to its variants.

Figures are drawn in sentinel colours (SENTINEL), which svg.py replaces by CSS variables; the page gives every variable
a light and a dark value. The palette holds in both themes: contrast of at least 3:1 on white and on #16181d, and apart
under the three kinds of colour blindness. A marker goes with every colour, so that colour never carries a meaning
alone.
"""

import colorsys

MARKERS = {"polling": "o", "long-polling": "s", "http-streaming": "D", "forever-frame": "P", "sse": "^",
           "websocket": "X", "socketio": "v"}
COLOURS = {"polling": "#cc801a", "long-polling": "#964a8b", "http-streaming": "#919195", "forever-frame": "#0c9048",
           "sse": "#568ef8", "websocket": "#e42536", "socketio": "#8a3ce6"}
SPARE = (("*", "#919195"), ("p", "#568ef8"), ("h", "#cc801a"), ("<", "#e42536"), (">", "#8a3ce6"), ("d", "#0c9048"))
# The same markers in a box of 14 by 14, for tables.
SHAPES = {
    "o": "M2.5 7a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z", "s": "M3 3h8v8H3z", "D": "M7 1.5L12.5 7L7 12.5L1.5 7z",
    "P": "M5 2h4v3h3v4H9v3H5V9H2V5h3z", "^": "M7 2L12 12H2z", "v": "M7 12L2 2h10z", "<": "M2 7L12 2v10z",
    ">": "M12 7L2 12V2z",
    "X": "M2 4.5L4.5 2L7 4.5L9.5 2L12 4.5L9.5 7L12 9.5L9.5 12L7 9.5L4.5 12L2 9.5L4.5 7z",
    "d": "M7 1L10.5 7L7 13L3.5 7z",
    "*": "M7 1l1.6 4h4.2l-3.4 2.6 1.3 4.2L7 9.3l-3.7 2.5 1.3-4.2L1.2 5h4.2z", "p": "M7 1.5l5.5 4-2.1 6.5H3.6L1.5 5.5z",
    "h": "M7 1.5l5 2.8v5.4l-5 2.8-5-2.8V4.3z",
}
DASHES = ("solid", (0, (5, 1.6)), (0, (1.2, 1.3)), (0, (6, 1.5, 1.2, 1.5)), (0, (9, 3)), (0, (3, 1, 1, 1, 1, 1)))
SHADES = 4           # per technique; further variants start again and differ by dash
SHADE_STEP = 0.09    # of lightness: darker on white, lighter on black, so that contrast only grows

# Variable: (light, dark)
BASE = {
    "ink": ("#1b1e24", "#e8eaee"),
    "muted": ("#5a606b", "#a3a9b4"),
    "line": ("#c9cdd5", "#454b57"),
    "grid": ("#e6e8ec", "#2a2f38"),
    "paper": ("#ffffff", "#16181d"),
    "page": ("#ffffff", "#16181d"),
    "card": ("#f6f7f9", "#1e2128"),
    "link": ("#1f5fbf", "#82b1ff"),
    "good": ("#1a7f37", "#57c774"),
    "doubt": ("#8a5a00", "#e3b341"),
    "bad": ("#c0182b", "#ff7b84"),
    "k-payload": ("#1f4e79", "#8fc1ee"),
    "k-framing": ("#4787bd", "#4c8fc9"),
    "k-http": ("#e0a030", "#d99a2b"),
    "k-tls": ("#8a6fc0", "#8a6fc0"),
    "k-tcpip": ("#a9b0bb", "#5f6775"),
}


def _shade(colour, steps, direction):
    red, green, blue = (int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    lightness = min(0.9, max(0.12, lightness + direction * steps * SHADE_STEP))
    return "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue, lightness, saturation))


def _variables():
    variables = dict(BASE)
    families = list(COLOURS.items()) + [(f"spare{i}", colour) for i, (_, colour) in enumerate(SPARE)]
    for family, colour in families:
        for step in range(SHADES):
            variables[f"t-{family}-{step}"] = (_shade(colour, step, -1), _shade(colour, step, +1))
    return variables


VARIABLES = _variables()
SENTINEL = {name: f"#{0x010203 + 0x000100 * index:06x}" for index, name in enumerate(VARIABLES)}
BY_SENTINEL = {sentinel: name for name, sentinel in SENTINEL.items()}


class Style:
    """How one technique and variant looks in every figure and table of the page."""

    def __init__(self, family, marker, variant):
        self.variable = f"t-{family}-{variant % SHADES}"
        self.colour = SENTINEL[self.variable]
        self.marker = marker
        self.dash = DASHES[variant % len(DASHES)]

    @property
    def shape(self):
        return SHAPES[self.marker]

    @property
    def dash_array(self):
        """The dash as SVG's stroke-dasharray; None for a solid line."""
        return None if self.dash == "solid" else " ".join(f"{1.8 * part:g}" for part in self.dash[1])


class Styles:
    """Hands out a Style per (technique, variant); the same one whenever it is asked again."""

    def __init__(self):
        self._variants = {}
        self._spare = {}

    def of(self, technique, variant):
        known = self._variants.setdefault(technique, {})
        number = known.setdefault(variant, len(known))
        if technique in COLOURS:
            return Style(technique, MARKERS[technique], number)
        spare = self._spare.setdefault(technique, len(self._spare)) % len(SPARE)
        return Style(f"spare{spare}", SPARE[spare][0], number)
