"""Capacity searches of the results (`pushbench run --find`): what each technique carried, as sentences and as a table."""

from dataclasses import dataclass

from . import text

UNITS = {"max-rate": "messages/s", "max-subscribers": "subscribers"}
LIMITS = {"server": "the server", "generator": "the load generator", "at-most": "--at-most", "steps": "--max-steps",
          "interrupted": "interrupted", "unknown": "unknown"}
VERDICTS = {"carried": "carried", "too-much": "too much", "generator-limited": "generator-limited",
            "unknown": "unknown"}


@dataclass
class Search:
    """One technique's search."""

    find: str        # max-rate or max-subscribers
    until: str
    data: dict       # capacity.techniques[] of the result
    source: str      # name of the result, empty when there is only one
    style: object

    @property
    def label(self):
        name = f"{self.data['technique']} {self.data['variant']}".strip()
        return f"{name} · {self.source}" if self.source else name

    @property
    def unit(self):
        return UNITS[self.find]

    @property
    def steps(self):
        return self.data["steps"]

    @property
    def knee(self):
        return self.data.get("carried")

    @property
    def generator_limited(self):
        """The loads of which the search says nothing, because the generator was its limit: none of what was carried."""
        blamed = sorted(step["offered"] for step in self.steps if step["verdict"] == "generator-limited")
        return [load for load in blamed if load > (self.knee or 0)] if self.data["limit"] == "generator" else []

    @property
    def is_server_limit(self):
        return self.data["limit"] == "server"


def searches(source, styles):
    found = source.data.get("capacity")
    return [] if not found else [
        Search(found["find"], found["until"], data, source.name, styles.of(data["technique"], (data["variant"], source.name)))
        for data in found["techniques"]]


def table(found):
    """Columns and rows of text: the answer of each search."""
    columns = ["Technique", "Carried", "Too much", "What was the limit", "Condition", "Runs", "In words"]
    rows = [[s.label, _load(s, s.knee), _load(s, s.data.get("too_much")), LIMITS[s.data["limit"]], s.until,
             text.count(len(s.steps)), s.data["summary"]] for s in found]
    return columns, rows


def _load(search, value):
    return text.NOT_MEASURED if value is None else f"{text.count(value)} {search.unit}"


def verdict(found):
    """The badge of a page that has searches and no runs."""
    if any(s.knee is None for s in found):
        return {"word": "doubtful", "text": "Not every technique carried a load", "compare": False}
    if not all(s.is_server_limit for s in found):
        return {"word": "doubtful", "text": "Not every limit is the server's", "compare": False}
    return {"word": "valid", "text": "Capacity found"}
