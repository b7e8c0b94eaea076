import pytest
from pushbench_report import text


@pytest.mark.parametrize("value, shown", [
    (0, "0"), (1, "1.00"), (12.345, "12.3"), (123.45, "123"), (999.9, "1,000"), (1234.5, "1,230"), (0.09996, "0.100"),
    (0.001234, "0.00123"), (-4.5678, "-4.57"), (1234567, "1,230,000"), (None, "–")])
def test_three_significant_digits(value, shown):
    assert text.sig3(value) == shown


@pytest.mark.parametrize("ns, shown", [
    (950, "950 ns"), (1000, "1.00 µs"), (412_300, "412 µs"), (999_900, "1.00 ms"), (4.95e9, "4.95 s"), (0, "0 ns"),
                                       (None, "–")])
def test_durations_choose_their_unit(ns, shown):
    assert text.duration(ns) == shown.replace(" ", text.NO_BREAK)


@pytest.mark.parametrize("number, shown", [(900, "900 B"), (1100, "1.07 KiB"), (25_769_803_776, "24.0 GiB")])
def test_sizes_choose_their_unit(number, shown):
    assert text.size(number) == shown.replace(" ", text.NO_BREAK)


@pytest.mark.parametrize("value, shown", [(8, "8 s"), (8.25, "8.20 s"), (83, "1 min 23 s"), (120, "2 min"),
                                          (7290, "2 h 1 min")])
def test_waiting_times_are_in_words(value, shown):
    assert text.seconds(value) == shown


@pytest.mark.parametrize("value, shown", [(10, "10"), (0.5, "0.5"), (100, "100"), (1000, "1,000"), (9.99, "9.99")])
def test_ticks_have_no_idle_zeros(value, shown):
    assert text.brief(value) == shown


@pytest.mark.parametrize("ratio, shown", [(1.041, "4.1 % more"), (1.4, "40 % more"), (3.71, "3.7 times as much"),
                                          (2849, "2,850 times as much")])
def test_comparisons_are_in_words(ratio, shown):
    assert text.more(ratio).replace(text.NO_BREAK, " ") == shown


@pytest.mark.parametrize("words, shown", [([], ""), (["a"], "a"), (["a", "b"], "a and b"),
                                          (["a", "b", "c"], "a, b and c")])
def test_lists_are_joined_as_in_a_sentence(words, shown):
    assert text.join(words) == shown


@pytest.mark.parametrize("given, shown", [("short", "short"), ("websocket permessage-deflate · after",
                                                               "websocket… · after")])
def test_long_names_lose_their_middle(given, shown):
    assert text.shorten(given, 18) == shown and len(shown) <= 18
