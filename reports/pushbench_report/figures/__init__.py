"""One figure a file. Each module has draw(workload, prefix) -> Drawing; the order here is the order on the page."""

from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass
class Drawing:
    """A figure with its words. `svg` is None when there is nothing to draw; `title` then says so."""

    slug: str
    kind: str                      # what sort of picture: "Cost frontier"
    title: str                     # the takeaway, generated from the data
    how_to_read: str = ""
    svg: Markup = None
    notes: list = field(default_factory=list)
    columns: list = field(default_factory=list)
    rows: list = field(default_factory=list)      # of cells as text, the first one the label


def draw_all(workload, prefix):
    # Imported here: the modules use Drawing from above.
    from . import bytes as bytes_per_delivery
    from . import cost, frontier, health, heat, memory, spectrum
    modules = (frontier, spectrum, heat, bytes_per_delivery, cost, memory, health)
    drawings = [module.draw(workload, f"{prefix}-{module.SLUG}") for module in modules]
    return [drawing for drawing in drawings if drawing is not None]    # None: not even worth a sentence
