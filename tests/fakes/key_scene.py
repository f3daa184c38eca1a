"""A key store with a fetch and a time that a test commands."""

import asyncio

from accredit_operator.keys.source import Source
from accredit_operator.keys.store import KeyStore
from fakes.objects import JWK
from fakes.stepping_time import FakeTime, settle

SOURCE = Source("https://idp.example", None, None, ("ES256",), 300, 3600)


class FakeFetch:
    """Answers with `jwks`: a list, or an exception. `at` holds the instants of the questions, by issuer."""

    def __init__(self, time, jwks):
        self.time = time
        self.jwks = jwks
        self.at = {}
        self.gate = None

    async def __call__(self, source):
        self.at.setdefault(source.issuer, []).append(self.time.ticks_ns() / 1e9)
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.jwks, Exception):
            raise self.jwks
        return self.jwks

    def count(self, source=SOURCE):
        return len(self.at.get(source.issuer, []))


class Scene:
    """A store, its issuer and its time. Every middle of the dice."""

    def __init__(self, jwks=(JWK,), dice=0.5):
        self.time = FakeTime()
        self.fetch = FakeFetch(self.time, jwks if isinstance(jwks, Exception) else list(jwks))
        self.news = []
        self.counted = []
        self.store = KeyStore(
            self.fetch,
            self.time,
            lambda name, news: self.news.append((name, news)),
            lambda name, result: self.counted.append((name, result)),
            wait=self.time.wait,
            dice=lambda: dice,
        )

    def kids(self, name="idp"):
        return [key.kid for key in self.store.keys().get(name, ())]

    async def watch(self, **sources):
        self.store.watch(sources or {"idp": SOURCE})
        await settle()


def played(play):
    """Run a play with its scene, and close the store after it."""

    def test(*arguments, **named):
        async def run():
            scene = Scene()
            try:
                await play(scene, *arguments, **named)
            finally:
                await scene.store.close()
            assert len(asyncio.all_tasks()) == 1

        asyncio.run(run())

    test.__name__, test.__doc__ = play.__name__, play.__doc__
    return test
