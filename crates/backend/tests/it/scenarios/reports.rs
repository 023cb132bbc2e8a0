//! Reports to the operator.

use hub::command::{Command, MessageRef};
use hub::id::{ClientId, MessageId, ReportId};
use hub::model::{AbuseReason, MAX_REPORTS, RelationChange};

use super::lab::{Lab, Person, edit};
use crate::stores::on_both;

async fn report(
    who: &Person,
    lab: &Lab,
    about: &Person,
    messages: &[MessageId],
    client: &str,
) -> Result<(), hub::Error> {
    let command = Command::ReportAbuse {
        about: about.id(),
        reason: AbuseReason::Harassment,
        text: "again and again".into(),
        messages: messages.to_vec(),
        client: ClientId::new(client).expect("short"),
    };
    who.session(lab).command(command).await.map(drop)
}

async fn open(lab: &Lab) -> Vec<hub::Reported> {
    let listed = lab.hub.operator_reports(ReportId(0), false).await;
    listed.expect("a list").0
}

on_both!(
    a_report_keeps_what_was_written_as_it_stood,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let eve = lab.person("eve").await;
        lab.befriend(&bob, &eve).await;
        let rude = bob.send(&lab, &ann, "goose!", "1").await.expect("sent");
        let other = bob.send(&lab, &eve, "hello", "2").await.expect("sent");
        ann.send(&lab, &bob, "stop", "1").await.expect("sent");
        report(&ann, &lab, &bob, &[rude.id], "r1")
            .await
            .expect("sent");
        report(&ann, &lab, &bob, &[rude.id], "r1")
            .await
            .expect("a repeat is the same");
        let reused = report(&ann, &lab, &bob, &[], "r1").await;
        assert_eq!(reused.expect_err("another").code, "client_id_reused");
        // What one cannot read one cannot quote.
        let foreign = report(&ann, &lab, &bob, &[rude.id, other.id], "r2").await;
        assert_eq!(foreign.expect_err("not one's own").code, "not_found");
        let many: Vec<MessageId> = (1..=11).map(hub::id::Pos).collect();
        let many = report(&ann, &lab, &bob, &many, "r2").await;
        assert_eq!(many.expect_err("too many").code, "too_many_quotes");
        let me = report(&ann, &lab, &ann, &[], "r2").await;
        assert_eq!(me.expect_err("oneself").code, "oneself");
        let session = bob.session(&lab);
        session
            .command(edit(rude.id, "swan"))
            .await
            .expect("changed");
        let of = MessageRef::Id(rude.id);
        session
            .command(Command::Delete { of })
            .await
            .expect("removed");
        ann.relate(&lab, &bob, RelationChange::Block)
            .await
            .expect("blocked");
        // Whoever lost the answer hears that it was sent, although what it quotes is gone; another report finds nothing to quote.
        report(&ann, &lab, &bob, &[rude.id], "r1")
            .await
            .expect("a repeat is the same");
        let late = report(&ann, &lab, &bob, &[rude.id], "r2").await;
        assert_eq!(late.expect_err("removed").code, "not_found");
        let found = open(&lab).await;
        assert_eq!(found.len(), 1);
        let one = &found[0];
        assert_eq!(one.report.quotes[0].words, "goose!");
        assert_eq!(
            (one.report.reporter, one.report.about),
            (ann.id(), bob.id())
        );
        let mut names: Vec<&str> = one.people.iter().map(|a| a.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["ann", "bob"]);
        lab.hub
            .operator_close_report(one.report.id)
            .await
            .expect("closed");
        assert!(open(&lab).await.is_empty());
        let (all, more) = lab
            .hub
            .operator_reports(ReportId(0), true)
            .await
            .expect("all");
        assert_eq!((all.len(), more), (1, false));
        let nothing = lab.hub.operator_close_report(ReportId(1)).await;
        assert_eq!(nothing.expect_err("none").code, "not_found");
    }
);

on_both!(
    open_reports_of_one_person_are_bounded_and_closed_ones_make_room,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        for n in 0..MAX_REPORTS {
            report(&ann, &lab, &bob, &[], &format!("r{n}"))
                .await
                .expect("sent");
        }
        let over = report(&ann, &lab, &bob, &[], "over").await;
        assert_eq!(over.expect_err("enough").code, "too_many_reports");
        // Somebody else's budget is not touched.
        report(&bob, &lab, &ann, &[], "r").await.expect("sent");
        let first = open(&lab).await[0].report.id;
        lab.hub.operator_close_report(first).await.expect("closed");
        report(&ann, &lab, &bob, &[], "over").await.expect("room");
        let (all, _) = lab
            .hub
            .operator_reports(ReportId(0), true)
            .await
            .expect("all");
        assert_eq!(all.len(), MAX_REPORTS + 1, "the closed one went");
        assert!(all.iter().all(|r| r.report.id != first));
    }
);
