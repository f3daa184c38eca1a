"""An authorizer that dies: nothing passes until it is back."""

import time

PATH = "/v1/contacts/ada"


def test_nothing_passes_while_the_authorizer_is_down_and_requests_pass_when_it_is_back(api):
    headers, before = api.bearer(), len(api.echo.seen)
    assert api.call(PATH, headers).status == 200
    api.stack.extauthz.kill()
    statuses = {api.call(PATH, headers).status for _ in range(20)}
    assert statuses <= {403, 503}
    assert len(api.echo.seen) == before + 1
    api.stack.extauthz.restart()
    deadline = time.monotonic() + 15
    while (status := api.call(PATH, headers).status) != 200 and time.monotonic() < deadline:
        assert status in {403, 503}
        time.sleep(0.05)
    assert status == 200
