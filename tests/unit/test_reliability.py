"""Which tests hold which of the cases that a public endpoint must stand; a test that is renamed is missed here."""

import importlib

import pytest

CASES = {
    "the W3C protocol suite": ("http.test_w3c_protocol.test_positive_case", "http.test_w3c_protocol.test_bad_case_is_refused_and_changes_nothing",
                               "http.test_w3c_protocol.test_update_case_is_refused_and_changes_nothing"),
    "deep nesting, cross products, doubling, long lists": (
        "engine.test_engine.test_a_fault_is_stopped_in_time_and_the_next_query_is_right",
        "engine.test_dispatcher.test_a_fault_is_told_and_the_next_query_gets_its_own_answer",
    ),
    "an answer that belongs to another query": (
        "engine.test_dispatcher.test_the_answer_to_another_job_ends_its_worker_and_is_counted",
        "http.test_soak.test_every_answer_belongs_to_its_request",
    ),
    "SERVICE to a listener": ("engine.test_engine.test_nothing_reaches_out", "engine.test_engine.test_a_worker_that_tries_is_stopped_by_the_system"),
    "long addresses, large bodies, wrong encodings, doubled parameters": ("http.test_protocol.test_case",),
    "a body that the client cuts": ("http.test_protocol.test_a_body_that_was_cut_is_no_query", "http.test_proxy.test_a_body_that_the_client_cuts_has_no_effect"),
    "requests in doubt between proxy and server": ("http.test_proxy.test_a_broken_request_is_refused",),
    "a result over the limit": ("engine.test_engine.test_a_result_over_the_limit_is_an_error_and_no_short_answer",),
    "fifty heavy queries of one client": ("engine.test_engine.test_one_client_cannot_take_every_process", "http.test_proxy.test_who_asks_is_who_the_proxy_saw"),
    "worker, zygote, front and main killed": (
        "engine.test_engine.test_killed_processes_are_replaced",
        "engine.test_dispatcher.test_a_worker_killed_in_the_middle_is_made_good_once",
        "engine.test_engine.test_a_zygote_killed_in_the_middle_is_made_good",
        "engine.test_engine.test_a_zygote_that_cannot_come_back_is_told_as_503",
    ),
    "markup in values": ("http.test_protocol.test_a_browser_gets_a_table_in_which_markup_stays_text",),
    "a foreign Host": ("http.test_protocol.test_the_host_header_leaves_no_trace", "http.test_operation.test_a_host_that_is_not_ours_is_misdirected_when_hosts_are_listed"),
    "paths that lead out": ("http.test_protocol.test_no_path_leads_out",),
    "Vary, ETag and 304": ("http.test_protocol.test_etag_304_vary_head_and_compression",),
    "two servers, two builds": ("engine.test_engine.test_two_servers_on_one_folder_both_serve", "engine.test_engine.test_two_builds_lock_each_other_out"),
    "two hundred slow clients": ("http.test_proxy.test_slow_headers_times_200_leave_room", "http.test_proxy.test_slow_bodies_leave_room"),
    "twenty thousand queries": ("engine.test_engine.test_nothing_grows_over_twenty_thousand_queries",),
    "generated queries and requests": (
        "engine.test_generated.test_generated_queries_are_answered_as_the_engine_alone_answers_them",
        "engine.test_generated.test_generated_requests_are_answered_or_refused_with_a_reason",
        "engine.test_generated.test_spoiled_bytes_do_no_harm",
    ),
    "a new release under load": ("engine.test_engine.test_a_new_release_is_taken_without_losing_a_request",),
}  # fmt: skip


def test_no_case_was_lost() -> None:
    assert len(CASES) >= 18


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_held_by_tests(case: str) -> None:
    assert CASES[case]
    for name in CASES[case]:
        module, _, function = name.rpartition(".")
        assert callable(getattr(importlib.import_module(f"tests.{module}"), function))
