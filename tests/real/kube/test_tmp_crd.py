import time
from real.kube.test_operator_faults import *
def test_x(kube, seen, operators, tenant, namespace):
    operator = operators(ACCREDIT_RESYNC="1s", KOPF_DEBUG="1")
    operator.wait(seen.is_truth, "x")
    time.sleep(2)
    crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/toolpolicies.accredit.dev"
    kube.request("DELETE", crd)
    operator.wait(lambda: operator.probe("/readyz") == 503, "that it is not ready", 30)
    kube.install(ROOT / "crds")
    t=time.time(); print("installed", t)
    for i in range(12):
        kube.apply(tenant[1]); time.sleep(1); kube.delete(tenant[1]); time.sleep(1)
    print(open(operator.log).read())
    assert 0
