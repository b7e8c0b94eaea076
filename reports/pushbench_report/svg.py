"""matplotlib figures as inline SVG: small, deterministic, themed by CSS variables, with title and description."""

import io
import re
import warnings
from xml.etree import ElementTree

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from markupsafe import escape

from . import theme

PIXELS_PER_INCH = 72    # of the SVG backend: one unit of the viewBox is one CSS pixel at full width
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
COLOUR = re.compile(r"#[0-9a-f]{6}")
FONT = re.compile(r"font: ((?:bold|italic|\d+) )?([\d.]+)px [^;]*")
XLINK = "{http://www.w3.org/1999/xlink}href"


def figure(width, height):
    """An empty figure of so many CSS pixels, independent of any matplotlibrc of the user."""
    matplotlib.rcdefaults()
    ink, muted, line = theme.SENTINEL["ink"], theme.SENTINEL["muted"], theme.SENTINEL["line"]
    matplotlib.rcParams.update({
        "svg.fonttype": "none", "text.parse_math": False, "axes.unicode_minus": False, "font.size": 12.5,
        "text.color": ink, "axes.edgecolor": line, "axes.labelcolor": muted, "axes.linewidth": 1,
        "xtick.color": line, "xtick.labelcolor": muted, "ytick.color": line, "ytick.labelcolor": muted,
        "xtick.labelsize": 12, "ytick.labelsize": 12, "axes.labelsize": 12.5, "grid.color": theme.SENTINEL["grid"],
        "grid.linewidth": 1, "axes.grid": True, "axes.axisbelow": True, "axes.spines.top": False,
        "axes.spines.right": False, "axes.facecolor": "none", "figure.facecolor": "none", "lines.linewidth": 1.8,
        "path.simplify": False,
    })
    drawn = Figure(figsize=(width / PIXELS_PER_INCH, height / PIXELS_PER_INCH), dpi=PIXELS_PER_INCH)
    FigureCanvasSVG(drawn)
    return drawn


def axes(drawn, left, top, width, height, **kwargs):
    """Axes at CSS pixels from the upper left corner of the figure."""
    whole_width, whole_height = drawn.get_size_inches() * PIXELS_PER_INCH
    box = (left / whole_width, 1 - (top + height) / whole_height, width / whole_width, height / whole_height)
    return drawn.add_axes(box, **kwargs)


def overlay(drawn):
    """Invisible axes over the whole figure in CSS pixels, y downwards, for labels and leader lines."""
    width, height = drawn.get_size_inches() * PIXELS_PER_INCH
    layer = drawn.add_axes((0, 0, 1, 1), facecolor="none")
    layer.set(xlim=(0, width), ylim=(height, 0))
    layer.set_axis_off()
    return layer


def to_pixels(drawn, axis, x, y):
    """Data coordinates to CSS pixels from the upper left corner."""
    across, up = axis.transData.transform((x, y))
    return across, drawn.get_size_inches()[1] * PIXELS_PER_INCH - up


def inline(drawn, prefix, title, description, hover=None):
    """The figure as an <svg> element whose ids all start with `prefix`; `hover` gives texts to artists by gid."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": prefix}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from current font")
        drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(buffer.getvalue())
    for gid, text in (hover or {}).items():
        for element in root.iter():
            if element.get("id") == gid:
                ElementTree.SubElement(element, "title").text = text
                element.insert(0, element[-1])
                del element[-1]
    used = {match for element in root.iter() for match in _references(element)}
    width, height = drawn.get_size_inches() * PIXELS_PER_INCH
    opening = (f'<svg class="figure" viewBox="0 0 {width:g} {height:g}" role="img" '
               f'aria-labelledby="{prefix}-title {prefix}-desc"><title id="{prefix}-title">{escape(title)}</title>'
               f'<desc id="{prefix}-desc">{escape(description)}</desc>')
    return opening + "".join(_write(child, prefix, used) for child in root) + "</svg>"


def _references(element):
    for name, value in element.attrib.items():
        if name == XLINK and value.startswith("#"):
            yield value[1:]
        yield from re.findall(r"url\(#([^)]*)\)", value)


def _write(element, prefix, used):
    """One element as HTML: no namespaces, no unreferenced ids, short numbers, CSS variables for sentinels."""
    tag = element.tag.rpartition("}")[2]
    if tag in ("metadata", "style"):
        return ""
    inner = "".join(_write(child, prefix, used) for child in element)
    text = str(escape(element.text)) if tag in ("text", "title", "tspan") and element.text else ""
    attributes = "".join(_attribute(name, value, prefix, used) for name, value in element.attrib.items())
    if not inner and not text and tag in ("g", "defs"):
        return ""
    if tag == "g" and not attributes:
        return inner
    return f"<{tag}{attributes}>{text}{inner}</{tag}>" if inner or text else f"<{tag}{attributes}/>"


def _attribute(name, value, prefix, used):
    if name == "id":
        return f' id="{escape(prefix)}-{escape(value)}"' if value in used else ""
    if name == XLINK:
        name = "href"
        if value.startswith("#"):    # else an image, as data
            value = f"#{prefix}-{value[1:]}"
    elif name == "style":
        value = COLOUR.sub(lambda match: _variable(match.group()), FONT.sub(_font, value))
        value = value.replace("; ", ";").replace(": ", ":")
    elif name in ("d", "x", "y", "width", "height", "transform", "points"):
        if name == "transform" and value.startswith("rotate(-0 "):
            return ""
        value = NUMBER.sub(_short, " ".join(value.split()))
    value = value.replace("url(#", f"url(#{prefix}-")
    return f' {name}="{escape(value)}"'


def _short(match):
    short = f"{float(match.group()):.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def _font(match):
    weight = (match.group(1) or "").strip()
    return f"font-size: {match.group(2)}px" + (f"; font-weight: {weight}" if weight not in ("", "italic") else "")


def _variable(colour):
    name = theme.BY_SENTINEL.get(colour)
    return f"var(--{name})" if name else colour
