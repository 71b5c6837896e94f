import time
from tests.e2e.test_snippet import *
from tests.e2e.test_snippet import do
import pytest
@pytest.mark.parametrize("background", [False, True])
def test_x(tmp_path, browser, background):
    own = Host(tmp_path / "own")
    own.add_site("plain")
    with own:
        devices = Devices(browser, own.wire)
        device = devices.new()
        tab = device.open(own.url("load"))
        device.beacons.expect(page("/load"), exactly=True)
        own.collector.stop()
        do(tab, "for (const n of [1, 2, 3]) passerby.track('offline', { n })")
        wait_for_failure(own.wire, device)
        if background: 
            other = device.context.new_page()
        t=time.time()
        for k in range(8):
            time.sleep(1)
            print("RES", background, k, len(device.beacons.requests))
        print("RES", tab.evaluate("JSON.stringify(passerby.debug().trace)"), tab.evaluate("document.visibilityState"))
        own.collector.start()
