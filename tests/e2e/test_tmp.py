from playwright.sync_api import sync_playwright
def test_bf(host, playwright):
    from tests.e2e.browser import launched, Devices
    with launched(playwright, without=["--disable-back-forward-cache"]) as b:
        ds = Devices(b, host.wire)
        d = ds.new()
        t = d.open(host.url("bfcache"))
        from tests.e2e.beacons import page
        d.beacons.expect(page("/bfcache"), exactly=True)
        t.goto(host.url("load"))
        d.beacons.expect(page("/load"), exactly=True)
        t.evaluate("history.back()")
        import time; time.sleep(2)
        print(d.beacons._complaint("x", []))
        try:
            print(t.evaluate("document.documentElement.dataset.restored + location.href"))
            print(t.evaluate("performance.getEntriesByType('navigation')[0].notRestoredReasons"))
        except Exception as e: print("ERR", e)
        d.beacons.settle()
        print(d.beacons._complaint("x", []))
        pass
        print(t.url)
        ds.close()
