//! What every store and every bus must hold, as functions over the ports; and a clock that is stepped by hand.
//!
//! A test of a store says where it is ([`Place`]) and runs the promises one by one with [`store_contract!`](crate::store_contract). They panic
//! when a promise is broken.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use hub::id::Pos;
use hub::store::{Rows, Store};

pub mod bus;
mod clock;
pub mod groups;
pub mod history;
pub mod keeping;
pub mod log;
pub mod marks;
pub mod objects;
pub mod people;
pub mod replacing;
pub mod rows;
pub mod small;
pub mod transactions;
pub mod words;
pub mod writers;

pub use clock::ManualClock;

/// One installation's store, which several processes may open.
pub trait Place: Send + Sync {
    /// Opens it, as each process would.
    fn open(&self) -> BoxFuture<'_, Arc<dyn Store>>;
}

/// Tests, one per promise of a store. `$with` is an async function that makes a place and gives it to what it is given.
#[macro_export]
macro_rules! store_contract {
    ($with:path) => {
        $crate::store_contract! { @each $with, keeping:
            every_kind_of_row_comes_back_as_it_was_saved
            what_is_not_there_is_absent_and_no_error
            many_rows_of_one_batch_all_come_back
            a_store_that_was_closed_opens_again_with_everything
        }
        $crate::store_contract! { @each $with, replacing:
            a_row_saved_again_replaces_the_first
            a_row_named_twice_in_one_batch_is_kept_once_as_the_last
            stays_of_a_member_are_replaced_as_a_whole
            an_empty_secret_or_state_is_removed
            the_database_itself_refuses_what_must_be_unique
        }
        $crate::store_contract! { @each $with, transactions:
            a_transaction_that_is_dropped_leaves_nothing
            a_transaction_sees_its_own_rows_and_others_do_not
            the_head_never_goes_back
            writers_wait_for_each_other
        }
        $crate::store_contract! { @each $with, small:
            a_device_is_found_by_its_token_even_when_signed_out
            the_first_value_of_a_setting_stays
            a_process_number_is_held_as_long_as_it_is_renewed
            door_states_are_found_by_prefix
            what_is_small_of_a_forgotten_account_goes_and_nothing_of_others
            accounts_come_in_the_order_of_their_names
            handles_are_found_by_owner_and_removed
            bots_are_found_by_their_owner
            bots_whose_limits_are_raised_are_found
            guests_who_are_late_are_found
            what_states_of_doors_take_is_counted
            groups_of_contacts_are_removed_by_losing_their_name
            a_tally_counts_ones_own_list_and_conversations
        }
        $crate::store_contract! { @each $with, log:
            since_is_the_view_of_one_account_in_order
            since_is_cut_by_windows
            since_tells_of_profiles_of_people_on_either_list_once
            since_never_looks_above_its_bound
            pages_of_since_put_together_are_the_whole
            what_stands_at_one_position_is_never_parted
            a_change_stands_only_at_its_newest_position
            counting_agrees_with_reading
            the_whole_log_is_in_order_for_a_process_that_missed_a_batch
            pruning_takes_changes_raises_the_floor_and_leaves_messages
        }
        $crate::store_contract! { @each $with, history:
            conversations_come_newest_first_page_by_page
            unread_counts_messages_of_others_above_the_mark
            delivered_marks_follow_the_devices_of_others
            somebody_who_left_sees_what_was_there_before
            no_member_sees_no_conversation_and_no_message
            messages_around_a_place
            messages_across_two_stays
            what_was_cleared_or_trimmed_is_not_shown
            what_is_hidden_from_somebody_does_not_exist_for_them
            contacts_have_both_sides_and_come_page_by_page
            calls_come_newest_first_for_both_sides
            open_calls_and_reports_are_found
        }
        $crate::store_contract! { @each $with, groups:
            a_named_group_comes_without_its_people_and_they_come_singly
            those_who_are_in_a_group_come_by_rank_page_by_page
            a_view_of_a_group_shows_the_viewer_and_few_others
            whoever_went_hears_of_changes_no_more
            links_are_found_by_their_group_and_removed
        }
        $crate::store_contract! { @each $with, marks:
            reactions_go_one_by_one_and_with_their_message
            a_message_is_found_by_its_other_names
            what_names_somebody_is_counted_apart
            what_somebody_may_not_see_takes_no_place_of_what_names_them
            the_first_unread_message_is_where_one_goes_on
            only_what_somebody_may_see_is_visible
        }
        $crate::store_contract! { @each $with, objects:
            an_object_is_found_by_its_names_and_goes_with_its_grants
            who_belongs_and_sees_the_message_may_read
            what_its_owner_gave_is_for_those_it_was_given_to
            a_picture_of_a_group_is_for_its_members
            idle_objects_and_used_blobs_are_found
        }
        $crate::store_contract! { @each $with, people:
            common_groups_are_those_in_which_both_are_now
            ones_own_finished_objects_come_page_by_page
            reports_are_found_by_who_made_them_and_those_that_are_open
        }
        $crate::store_contract! { @each $with, words:
            words_are_found_newest_first
            the_index_follows_edits_and_removals
            the_index_goes_on_where_it_stood
        }
        $crate::store_contract! { @each $with, writers:
            ten_writers_in_three_processes_and_a_reader_that_misses_nothing
        }
    };
    (@each $with:path, $module:ident: $($promise:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $promise() {
            $with(|place| ::std::boxed::Box::pin(async move {
                $crate::contract::$module::$promise(&*place).await;
            })).await;
        }
    )* };
}

/// One batch.
///
/// # Panics
/// If the store refuses it.
pub async fn commit(store: &dyn Store, rows: &Rows, head: i64) {
    let mut transaction = store.begin().await.expect("the writer's turn");
    transaction
        .save(rows, Pos(head))
        .await
        .expect("rows that fit");
    transaction.commit().await.expect("room on the disk");
}
