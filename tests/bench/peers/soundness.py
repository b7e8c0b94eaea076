"""Whether a run of pushbench carried the whole load that a comparison asked for: else it brings no figure.

A side that loses publishes or subscribers is measured under a lighter load than the other, and looks cheaper for it.
"""

from .comparison import Unmeasured

# Validity rules of the result file. Too much work for the machine breaks these, and two programs under full load on two
# processors are too much: they falsify latencies, not the CPU time of a delivery.
BUSY_MACHINE = frozenset({1, 9, 10, 12})
RATE_NOT_REACHED = 11    # everything was accepted, but some of it late


def number(text, unit):
    return float(text.removesuffix(unit))


def messages_owed(scenario):
    """How many messages the schedule has in `measure`; the rate in /s, the phase in s."""
    return round(number(scenario["publish"]["rate"], "/s") * number(scenario["phases"]["measure"], "s"))


def objections(run, invalid, owed, deliveries):
    """Why a run must not be compared, in words."""
    if run["published"] != owed or run["publish_failed"]:
        yield f"{run['published']} of {owed} messages published, {run['publish_failed']} refused"
    if run["connected"] != run["subscribers"]:
        yield f"{run['connected']} of {run['subscribers']} subscribers connected"
    if run["failures"]:
        yield f"failures: {run['failures']} {run.get('failure_examples', '')}"
    if deliveries and (run["delivered"] == 0 or run["missing"] or run["corrupt"] or run["duplicate"]):
        yield f"{run['missing']} of {run['expected_deliveries']} deliveries missing, {run['corrupt']} corrupt, {run['duplicate']} twice"
    yield from (f"invalid (rule {warning.get('rule')}): {warning['message']}" for warning in invalid)


def examine(result, owed, deliveries=True, tolerated=BUSY_MACHINE):
    """The only run of a result; raises Unmeasured unless it can be compared. Returns what is doubtful of it all the same.

    `deliveries`: every delivery must have come; without, nobody is sent anything and they are all missing. `tolerated`:
    rules that may make the run invalid and do not touch the figure that is wanted of it.
    """
    warnings = [warning for warning in result["warnings"] if warning.get("run") in (None, 0)]
    invalid = [warning for warning in warnings if warning["level"] == "invalid"]
    if not deliveries:
        tolerated = tolerated | {0, 3}    # nothing was delivered, and so much is missing
    found = list(objections(result["runs"][0], [one for one in invalid if one.get("rule") not in tolerated], owed, deliveries))
    if found:
        raise Unmeasured("; ".join(found))
    return [f"counts although rule {warning.get('rule')} says: {warning['message']}" for warning in warnings
            if warning.get("rule") == RATE_NOT_REACHED or (warning in invalid and deliveries)]
