//! Repair: proved confusions are corrected, all others are kept as read.

use super::*;

#[test]
fn layout_proves_a_repair() {
    let read = PASSPORT.replace("ERIKSSON<<ANNA<MARIA", "ER1K55ON<<ANNA<MAR1A").replace("7408122", "74O8IZ2");
    assert_eq!(repair(&read), PASSPORT);
}

#[test]
fn check_digit_proves_a_repair() {
    assert_eq!(repair(&PASSPORT.replace("L898902C3", "L8989O2C3")), PASSPORT);
    // Two exchanges satisfy the check digit (8 for B, B for 8), so neither is proved.
    let either = PASSPORT.replace("L898902C3", "L89B902C3");
    assert_eq!(repair(&either), either);
    // G and 6 have the same weight.
    let number = PASSPORT.replace("L898902C3", "L8989G2C3");
    assert_eq!(repair(&number), number);
    // A valid zone and a text without the shape of a zone are unchanged.
    assert_eq!(repair(PASSPORT), PASSPORT);
    assert_eq!(repair("O0O0"), "O0O0");
}

/// The character that is confused with `c`.
fn confused(c: char) -> Option<char> {
    let pairs = ["O0", "I1", "B8", "S5", "Z2"];
    pairs.into_iter().find(|pair| pair.contains(c)).and_then(|pair| pair.chars().find(|other| *other != c))
}

#[test]
fn g_and_6_are_exchanged_by_position_only() {
    let read = PASSPORT.replace("UTOERIKSSON<<ANNA", "UTOERIKSSON<<6RETA").replace("<<<\n", "<<\n");
    assert!(repair(&read).contains("<<GRETA<"));
    let read = PASSPORT.replace("ZE184226B", "ZE18422GB");
    assert_eq!(repair(&read), read);
}

#[test]
fn misread_filler_is_restored() {
    let read = PASSPORT.replace("MARIA<<<<<<<<<<", "MARIA<<<KK<<C<<").replace("B<<<<<10", "B<<K<<10");
    assert_eq!(repair(&read), PASSPORT);
    let empty = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159<<<<<<<<<<<<<<08";
    assert_eq!(repair(&empty.replace("159<<<<<<", "159<<KK<E")), empty);
    // A name may follow one filler, and a personal number may hold any letter.
    for kept in ["MARIA<K<<", "MARIAK<<<"] {
        let read = PASSPORT.replace("MARIA<<<", kept);
        assert_eq!(repair(&read), read);
    }
    // A part that is mostly letters is not treated as misread filler.
    let read = PASSPORT.replace("MARIA<<<<<<<<<<<<<<<<<<<", "MARIA<<SEXKEKSELXSEKEL<<");
    assert_eq!(repair(&read), read);
}

#[test]
fn misread_filler_in_the_code_of_germany_is_restored() {
    let german = "P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<\nC01X00T478D<<6408125<2702283<<<<<<<<<<<<<<<4";
    assert_eq!(repair(&german.replace("P<D<<", "P<DK<").replace("8D<<6", "8DKC6")), german);
    // Denmark's code is valid.
    let danish = german.replace("D<<", "DNK");
    assert_eq!(repair(&danish), danish);
}

proptest! {
    #[test]
    fn single_confusion_is_repaired_or_kept(holder in holder(), at in 0_usize..88, kind in 0..5) {
        let optional_data = holder.optional_data.chars().take(7).collect();
        let card = Holder { document_type: "ID".into(), optional_data, ..holder.clone() };
        let visa = Holder { document_type: "V".into(), ..holder.clone() };
        let zone = match kind {
            0 => write_td3(&holder),
            1 => write_td1(&card),
            2 => write_td2(&card),
            3 => write_mrva(&visa),
            _ => write_mrvb(&visa),
        };
        let at = at % zone.len();
        let mut read: Vec<char> = zone.chars().collect();
        let Some(wrong) = confused(read[at]) else { return Ok(()) };
        read[at] = wrong;
        let read: String = read.into_iter().collect();
        let repaired = repair(&read);
        prop_assert!(repaired == zone || repaired == read, "{zone}\n{read}\n{repaired}");
        let format = parse(&zone, TODAY).unwrap().format;
        let (line, column) = (at / (format.shape().1 + 1), at % (format.shape().1 + 1));
        // The first letter distinguishes the layouts. Other positions that allow one kind of character prove the
        // repair.
        if at > 0 && format.position(line, column) != Position::Any {
            prop_assert_eq!(&repaired, &zone);
        }
    }

    #[test]
    fn repair_is_idempotent(
        shaped in "[PIV][A-Z0-9<]{43}\n[A-Z0-9<]{44}",
        card in "I[A-Z0-9<]{29}\n[A-Z0-9<]{30}\n[A-Z0-9<]{30}",
    ) {
        for text in [shaped, card] {
            let once = repair(&text);
            prop_assert_eq!(repair(&once), once.clone());
            prop_assert_eq!(once.len(), text.len());
        }
    }
}
