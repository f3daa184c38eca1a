"""What the other tests rely on: the control plane forgets, restarts and tidies up as a real one does."""

import urllib.error
import urllib.request

from real.kube.admin import NAMESPACE, Answer

_WATCH = f"/api/v1/namespaces/{NAMESPACE}/configmaps?watch=true&timeoutSeconds=1"


def _version(kube):
    return kube.request("GET", f"/api/v1/namespaces/{NAMESPACE}/configmaps")["metadata"]["resourceVersion"]


def test_a_watch_from_before_the_compaction_has_expired(kube, control_plane):
    before = _version(kube)
    for number in range(3):
        kube.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": _named(f"c{number}")})
    control_plane.forget_history()
    event = kube.request("GET", f"{_WATCH}&resourceVersion={before}")
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def test_a_namespace_goes_with_all_that_is_in_it(kube, control_plane):
    control_plane.start_controllers()
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "short-lived"}}
    inside = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "short-lived", "name": "c"}}
    kube.apply(space)
    kube.apply(inside)
    kube.delete(space)
    kube.until(lambda: _is_gone(kube, space))
    assert _is_gone(kube, inside)


def test_the_keys_of_service_accounts_are_published(kube, control_plane):
    discovered = kube.request("GET", "/.well-known/openid-configuration")
    assert discovered["issuer"] == control_plane.server
    assert [key["use"] for key in kube.request("GET", "/openid/v1/jwks")["keys"]] == ["sig"]


def test_a_proxy_carries_nothing_while_it_is_cut_and_everything_after(fault_proxy):
    def answers():
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{fault_proxy.port}/", timeout=5).close()
        except urllib.error.HTTPError as error:  # the API server's word on plain HTTP: it was reached
            error.close()
            return True
        except OSError:
            return False
        return True

    assert answers()
    with fault_proxy.cut():
        assert not answers()
    assert answers()


def _named(name):
    return {"namespace": NAMESPACE, "name": name}


def _is_gone(kube, document):
    try:
        kube.read(document)
    except Answer as refused:
        return refused.status == 404
    return False
