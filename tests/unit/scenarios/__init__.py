"""Identity rules as stories, told over HTTP and looked at through the read API, on SQLite and on PostgreSQL.

Letters as in docs/identity.md: x, y are anonymous ids; A, B users. A number at the start of a docstring is the scenario's, R1
to R34 are rules, K2 to K18 decisions between conflicting sources; other words are headings of docs/identity.md.
`story.py` has the words: `course.py` those for time, `sender.py` for what is reported, `shown.py` for what is looked at;
`crowd.py` those for many at once. `consistency.py` has what must hold after every story. `test_map.py` sees that this list is
whole, `test_page.py` that every row of the page's tables has its story.

What each rule says, and the stories that hold it:

R1  The anonymous id comes back as a first-party cookie.
    test_first_visit_mints_id test_return_visit_keeps_id test_an_id_of_another_form_is_an_id_without_a_cookie
R2  Illegal ids identify nobody.
    test_identify_with_logged_out_placeholder test_the_list_of_placeholders_is_the_one_that_is_documented
    test_a_placeholder_joins_no_two_people test_a_placeholder_beside_no_legal_id_is_set_aside
    test_a_track_with_a_placeholder_is_anonymous test_control_characters_identify_nobody test_id_case_and_type
    test_unicode_and_long_ids test_a_long_user_beside_a_legal_anonymous_id_identifies_nobody
    test_illegal_further_ids_are_left_out test_alias_of_a_placeholder test_alias_to_a_placeholder
R3  Addresses are compared in one form, and shown as they first came.
    test_email_case test_dots_and_tags_of_an_address_stay test_an_address_in_two_unicode_forms_is_one
    test_an_illegal_address_identifies_nobody
R4  Every event is written once, to one stream, and never moves.
    test_was_anonymous_is_the_stream test_events_stay_where_they_were_written_before_a_logout_was_known
    test_random_histories_are_conserved
R5  An event with a user is that user's, whoever owns the anonymous id.
    test_an_event_with_a_user_is_that_users_whoever_owns_the_id test_a_track_with_a_user_claims_nothing
    test_kiosk_events_with_a_user_are_that_users test_detach_leaves_what_was_said_with_a_user
R6  An identify claims the anonymous stream, also one that holds nothing yet.
    test_login_merges_history test_identify_before_any_event test_only_an_identify_brings_further_ids
    test_alias_of_an_id_that_was_never_seen
R7  A claim is overridden by a stronger one only.
    test_only_a_stronger_proof_overrides test_the_strength_of_a_claim_rises_and_never_falls
    test_an_override_moves_what_came_with_the_claim test_an_override_can_be_undone_by_hand
R8  The same user again changes nothing.
    test_second_identify_same_user_noop test_identifying_again_is_not_braked
R9  A second user gets nothing of the first; the device is contested, and is given up.
    test_server_backstop_a_then_b test_the_cookie_is_not_renewed_with_a_refused_id test_a_contested_id_never_claims_again
    test_every_refusal_tells_the_browser_to_rotate test_late_events_from_before_the_contest_are_the_owners
    test_an_earlier_refusal_moves_the_contest_back test_a_contest_goes_on_over_a_logout
    test_a_contest_in_an_earlier_epoch_leaves_a_later_owner_what_is_theirs test_a_contested_devices_groups_are_nobodys
    test_retention_keeps_a_device_contested
R10 The snippet takes a new id before a second user; the server is only the backstop.
    test_switch_without_logout test_a_stale_tab test_a_cloned_cookie
R11 A returning owner who is logged out is the owner, not identified; or in a kiosk a new visitor.
    test_returning_logged_out_owner test_last_visit_counts_anonymous_events test_after_claim_decides_what_the_returning_owner_is
    test_kiosk_gives_each_claim_what_came_before_it test_kiosk_rotates_at_the_next_event_without_a_user
R12 A reset is of the browser, for what comes after it.
    test_logout_rotates test_reset_when_anonymous
R13 A logout that the server knows of closes the epoch.
    test_server_known_logout_order test_after_a_server_known_logout_nobody_is_known test_several_epochs_by_event_time
    test_the_same_user_returns_after_a_server_known_logout test_a_late_identify_claims_the_epoch_it_happened_in
    test_a_server_known_logout_twice test_race_of_logouts test_a_logout_of_an_id_that_was_never_seen
R14 An identify brings every anonymous id that its browser knows, five at most.
    test_two_first_tabs test_at_most_five_further_ids test_each_further_id_is_claimed_independently
R15 Event time is corrected by the client's clock, and never after its receipt.
    test_clock_fast_3_days test_a_browser_is_never_ahead_of_its_receipt test_future_date_api
    test_an_old_date_of_a_server_is_taken
R16 The same request again changes nothing, ever.
    test_duplicate_event test_duplicate_in_one_batch test_duplicate_identify test_a_replayed_refusal_changes_nothing
    test_a_replayed_identify_does_not_claim_what_was_freed test_a_whole_history_replayed test_a_message_id_with_other_content
    test_the_same_message_id_on_another_device test_the_same_event_16_times_at_once
R17 Late events follow the claim without a limit, by event time.
    test_late_anonymous test_late_anonymous_after_a_year test_a_late_event_out_of_reach_stays_anonymous
    test_later_events_have_no_limit test_kiosk_late_events_are_the_earlier_owners
R18 First and last visit are the ends of what is reached, first identified visit the earliest with a user.
    test_first_visit_moved test_first_identified_visit_is_the_least_time_with_a_user test_a_detach_gives_back_the_visits
    test_all_permutations test_an_event_that_waits_for_what_is_done_by_hand
R19 Claims are decided in the order of arrival.
    test_one_batch_is_as_good_as_many_requests test_the_log_is_dated_by_receipt_and_the_claim_by_its_event
    test_without_rotation_an_event_with_a_user_is_always_that_users test_logout_with_rotation_in_every_order
    test_requests_of_any_size_come_to_the_same test_a_story_with_rotation_in_random_orders
R20 Explicit values go before anonymous ones, which only fill what is empty.
    test_fill_undefined_only test_null_and_empty_are_undefined test_identify_traits_win test_anon_cannot_fill_consent
    test_fields_in_every_order_of_arrival test_an_empty_explicit_value_empties_a_field
    test_unsubscribed_in_a_merge_stays_so
R21 Where proof is required, an unproven identify is an event and nothing else.
    test_unsigned_in_required_mode test_signed_in_required_mode test_token_for_other_site_expired_other_anon
    test_a_proven_browser_goes_on_unsigned test_an_unproven_browser_stays_anonymous test_no_secret_is_shown_or_kept
    test_without_verification_a_wrong_token_is_nothing test_unsigned_calls_join_nobody
R22 One person claims no more than 50 devices a day, and holds no more than 500.
    test_fifty_claims_a_day_and_no_more test_the_brake_counts_twenty_four_hours test_a_braked_id_is_nobody_elses
    test_the_brake_counts_what_one_identify_brings test_five_hundred_devices_and_no_more test_race_at_the_fan_in_brake
R23 Whoever acts in a user's name leaves no trace on that user.
    test_admin_impersonates test_an_impersonated_stranger_is_nobody test_impersonation_goes_on_without_the_actor
    test_impersonation_ends_when_the_user_identifies_there test_an_actor_joins_nobody
R24 Nothing is kept of whom consent did not name: an event without any id is on no stream.
    test_events_without_any_id_are_set_aside
R25 Robots are told apart.
    test_a_bot_is_flagged
R26 People are merged by hand, by a server's word, or in the one safe case; by pointer.
    test_merging_two_people test_lead_then_account test_a_merged_account_takes_no_lead test_alias_of_two_users_by_a_browser
    test_alias_of_two_users_by_a_server test_merged_people_are_never_merged_twice test_race_cross_people_merge
R27 Every claim and every merge can be undone, and does not come back by itself.
    test_unmerge_stays_unmerged test_unmerging_gives_back_both test_a_chain_is_undone_in_any_order
    test_lead_undone_stays_undone test_alias_after_an_undo_is_refused test_fields_edited_since_stay_after_a_detach
    test_undo_leaves_nothing_behind
R28 Of a deleted person nothing is left, and nothing comes back.
    test_a_deleted_person_is_gone test_deletion_keeps_nothing_of_late_events test_deletion_then_events_of_the_browser
    test_the_same_user_later_is_a_new_person test_a_replay_of_what_was_deleted_is_dropped
    test_deleting_leaves_others_on_the_device_alone test_race_delete_vs_identify test_deletion_changes_no_other_person
R29 Whose an event is, and its mark, are looked up when it is shown.
    test_the_two_tabs_hold_everything_once test_tabs_icon_column test_an_anonymous_id_finds_its_person
R30 The log has one entry for each cause.
    test_tabs_icon_column test_refusals_are_logged_once_per_device_person_and_hour test_login_page_is_first_page
    test_impersonation_is_logged_once test_every_operation_is_in_the_log test_a_refused_claim_says_how_to_carry_it_out
R31 Page rules ask who the browser knows: the collector answers an identify with nothing about anybody.
    test_typed_victim_email
R32 People with an identifier count, once for each canonical person.
    test_anon_not_counted test_excluded_and_contested_are_not_counted test_merged_people_count_once
R33 One id on all subdomains.
    test_subdomains_share
R34 Separate domains are joined by sign-in, or by a signed handoff that is good once and for two minutes.
    test_separate_domains test_three_apps_two_domains test_a_handoff_joins_two_anonymous_visitors test_a_handoff_is_good_once
    test_a_handoff_is_good_for_two_minutes test_a_handoff_joins_nobody_who_is_known
    test_a_handoff_counts_only_where_the_site_wants_it test_race_of_one_handoff test_another_site_knows_nothing
"""

SCENARIOS = """
1 first-visit-mints-id, 2 return-visit-keeps-id, 3 cleared-cookie-new-id, 4 anon-events-silent, 5 anon-custom-event-props,
6 spa-pageviews, 7 anon-not-counted, 8 prerender-not-counted, 10 cookies-blocked, 11 login-merges-history,
12 merge-is-immediate, 13 first-visit-moved, 14 first-visit-not-moved, 15 first-identified-visit-set, 16 fill-undefined-only,
17 null-and-empty-are-undefined, 19 historical-not-filled, 20 identify-traits-win, 21 anon-cannot-fill-consent,
22 second-identify-same-user-noop, 23 identify-before-any-event, 24 login-page-is-first-page, 25 two-anon-ids-one-user,
26 only-present-id, 27 two-first-tabs, 28 lookback, 29 retention-purge, 30 merge-disabled, 31 account-carried,
32 logout-rotates, 33 next-user-gets-own-anon, 34 switch-without-logout, 35 server-backstop-a-then-b, 38 a-b-a,
39 returning-logged-out-owner, 40 reset-returns-new-not-old, 42 reset-when-anonymous, 43 server-known-logout-order,
44 admin-impersonates, 45 failed-logout, 46 identify-with-logged-out-placeholder, 48 id-case-and-type, 49 email-case,
50 unicode-and-long-ids, 51 unsigned-in-required-mode, 52 token-for-other-site-expired-other-anon, 53 typed-victim-email,
54 forwarded-email-link, 55 email-link-on-contested, 56 lead-then-account, 57 two-user-ids-one-email, 58 duplicate-event,
59 duplicate-identify, 61 late-anonymous, 62 identify-arrives-first, 63 all-permutations, 66 clock-fast-3-days,
67 future-date-api, 68 identify-cancelled-by-redirect, 69 offline-queue-two-users, 70 race-16-users-one-anon,
71 race-16-devices-one-user, 73 race-cross-people-merge, 74 race-delete-vs-identify, 75 claim-cost-flat, 76 subdomains-share,
77 public-suffix-hosts, 78 cookie-beats-localstorage, 79 two-same-name-cookies, 80 itp-cap, 81 sibling-tab-after-logout,
82 separate-domains, 83 three-apps-two-domains, 84 unmerge-stays-unmerged, 87 tabs-icon-column, 88 trigger-once
"""
"""Named scenarios of the design. Each is a test here, named by it, unless it is in one of the two lists below."""

BROWSER = {
    "spa-pageviews": "tests/e2e/test_engine_pageviews.py::test_routes_of_a_single_page_app",
    "cookies-blocked": "tests/e2e/test_snippet_install.py::test_with_cookies_blocked_one_page_is_one_visitor",
    "logout-rotates": "tests/e2e/test_engine_identity.py::test_reset_makes_somebody_else",
    "switch-without-logout": "tests/e2e/test_snippet_identity.py::test_a_second_user_gets_an_id_of_their_own_first",
    "reset-returns-new-not-old": "tests/e2e/test_engine_identity.py::test_reset_makes_somebody_else",
    "identify-with-logged-out-placeholder": "tests/e2e/test_snippet_identity.py::test_a_placeholder_identifies_nobody",
    "identify-cancelled-by-redirect": "tests/e2e/test_engine_leaving.py::test_an_event_survives_an_immediate_navigation",
    "subdomains-share": "tests/e2e/test_engine_cookies.py::test_subdomains_share_one_id",
    "separate-domains": "tests/e2e/test_journey.py::test_another_domain_is_another_visitor",
    "public-suffix-hosts": "tests/unit/web/ingest/test_cookies.py::test_the_widest_domain",
    "cookie-beats-localstorage": "tests/e2e/test_engine_cookies.py::test_the_cookie_beats_local_storage",
    "two-same-name-cookies": "tests/e2e/test_engine_cookies.py::test_a_host_only_twin_is_removed",
    "itp-cap": "tests/unit/web/ingest/test_cookies.py::test_a_page_on_the_collectors_own_host",
    "sibling-tab-after-logout": "tests/e2e/test_engine_identity.py::test_five_tabs_and_a_logout_in_one",
    "trigger-once": "tests/e2e/test_snippet_messages.py::test_identify_closes_a_message",
}
"""Browser scenarios, or those with a browser's half, and where that is tested."""

UNTESTED = {
    "prerender-not-counted": "no test has a prerendered page; snippet/src/install.ts waits for `prerenderingchange`",
    "trigger-once": "there are no triggers and campaigns yet; that a message closes on identify is in the list above",
}
"""Scenarios not tested, and why."""
