import gc

from accredit_extauthz.serve.collector import calm_collector


def test_what_stands_is_left_out_of_later_passes():
    thresholds = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    try:
        calm_collector()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[0] > 700
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
