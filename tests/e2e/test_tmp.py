import json, time
from tests.e2e.test_snippet import do, LOADED
def test_w(host, devices):
    device = devices.new()
    opener = device.open(host.url("load"))
    for how in ["window.close()", "tab.close", "setTimeout(() => window.close(), 300)"]:
      for m in ["fetch", "beacon"]:
        k = len(host.wire.requests)
        for n in range(3):
            with opener.expect_popup() as opened:
                do(opener, f"window.open({json.dumps(host.url('tmp?m=' + m))})")
            opened.value.wait_for_load_state()
            if how == "tab.close": opened.value.close()
            else:
                with opened.value.expect_event("close"):
                    do(opened.value, how)
        time.sleep(1)
        print("RES", how, m, [(r.method, r.path) for r in host.wire.requests[k:] if r.method=="POST"])
    print("RES", opener.evaluate("localStorage.hid"))
