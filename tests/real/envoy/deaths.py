"""An authorizer that is killed at one of its first records, in its middle too, and started again, over and over."""

import collections

from accredit_cli.audit_query import Question, search


def live_again_and_again(site, lives):
    """Assert that nothing passes without its record, that every torn line is found, and that none reaches the next."""
    site.publish()
    deaths = site.workspace.root / "deaths"
    authorizer = site.authorize(how="mortal", environment={"BROKEN_DEATHS": str(deaths)}, is_ready=False)
    site.front(passes=False, health_check=False)
    with site.load() as load:
        authorizer.process.wait_until(lambda: len(_told(deaths)) >= lives, "death", within_s=max(90.0, lives))
    assert site.broken_promises(load) == []
    assert len([each for each in load.answers if each.is_allowed]) > lives // 4
    fates = collections.Counter(_told(deaths))
    assert set(fates) == {"before", "torn", "after"}
    # The last line may stand open still: it is no record all the same.
    assert search([authorizer.audit], Question()).unreadable == fates["torn"]


def _told(deaths):
    return deaths.read_text().split() if deaths.exists() else []
