def test_probe(demo, shoppers):
    from tests.e2e.beacons import page, track, ABSENT
    phone = shoppers.new("phone")
    p = phone.open(demo.www("/"))
    phone.beacons.expect(page("/", userId=ABSENT, host="www.shop.localhost"), exactly=True)
    for x in ["/products", "/products/heron-vase", "/studio", "/pricing"]:
        p.goto(demo.www(x))
    p.locator('[data-passerby-message="pricing-hello"] .title').wait_for()
    phone.beacons.settle()
    print(phone.beacons._complaint("x", []))
    print(phone.cookies)
    for r in phone.beacons.requests: print(r.set_cookies, r.headers.get('cookie'))
