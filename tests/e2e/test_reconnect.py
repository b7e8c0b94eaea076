"""Connections that break in the middle of a run: everything is delivered once all the same, and the failures are counted."""

import json
import threading

import pytest

from harness import TECHNIQUES, Proxy, started
from servers import reference_server


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_nothing_is_lost_or_doubled_when_every_connection_breaks(tmp_path, technique):
    with reference_server() as (address, _):
        proxy = Proxy(address)
        with started(tmp_path, target=f"http://{proxy.address}", techniques=[technique], measure="3s", rate="50/s", subscribers=8) as process:
            threading.Timer(1.5, proxy.cut).start()
            out, err = process.communicate(timeout=40)
        assert proxy.accepted >= 2 * 8 if technique != "polling" else proxy.accepted > 8
    r = json.loads((tmp_path / "out" / "result.json").read_text())["runs"][0]
    assert r["expected_deliveries"] == r["published"] * 8
    # The publisher's connection broke too: what was on its way is counted as not published, unless somebody received it.
    assert r["published"] + r["publish_failed"] == 150
    assert r["published"] >= 130, out + err
    assert (r["missing"], r["duplicate"], r["corrupt"]) == (0, 0, 0), out + err
    assert r["delivered"] == r["expected_deliveries"]
