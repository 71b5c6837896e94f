import json, time
from tests.e2e.test_snippet import *
@pytest.mark.parametrize("variant", ["timeout", "direct", "long"])
def test_w(host, devices, variant):
    device = devices.new()
    opener = device.open(host.url("load"))
    for n in range(6):
        with opener.expect_popup() as opened:
            do(opener, f"window.open({json.dumps(host.url('leave'))})")
        opened.value.wait_for_function(LOADED)
        device.beacons.settle()
        k = len(device.beacons.requests)
        with opened.value.expect_event("close"):
            if variant == "timeout":
                do(opened.value, f"setTimeout(() => {{ passerby.track('closed', {{ n: {n} }}); window.close() }})")
            elif variant == "direct":
                do(opened.value, f"passerby.track('closed', {{ n: {n} }}); window.close()")
            else:
                do(opened.value, f"setTimeout(() => {{ passerby.track('closed', {{ n: {n} }}); window.close() }}, 300)")
        time.sleep(1)
        print(variant, n, [(r.status, [e.get('event') for e in r.events]) for r in device.beacons.requests[k:]])
    print(opener.evaluate("JSON.stringify(localStorage)"))
