//! Names in scripts whose letters cannot be read without knowing the language: they are compared letter by letter in
//! their own script. Two Chinese names of one reading are two names, and an Arabic name has no vowels to read.

/// A name in its own script, ready to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnName {
    /// Its words, with forms of a letter made one; scripts without spaces between words have one word.
    pub(crate) words: Vec<String>,
    /// Whether the script writes a name without spaces, so that its two halves stand in either order.
    pub(crate) is_unspaced: bool,
}

/// The name in its own script; `None` if it is written in Latin, Greek, Cyrillic or another script that is read.
pub(crate) fn parse(given: &str, family: &str) -> Option<OwnName> {
    let text = format!("{given} {family}");
    let own: Vec<char> = text.chars().filter(|c| c.is_alphabetic() && is_own(*c)).collect();
    let first = *own.first()?;
    if is_unspaced(first) {
        let half = |text: &str| -> String { text.chars().filter_map(folded).collect() };
        // The family name first, as these scripts have it.
        let word = half(family) + &half(given);
        return Some(OwnName { words: vec![word], is_unspaced: true });
    }
    let words = text
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '־' | '،' | ','))
        .map(|word| without_article(&word.chars().filter_map(folded).collect::<String>()))
        .filter(|word| !word.is_empty())
        .collect();
    Some(OwnName { words, is_unspaced: false })
}

impl OwnName {
    /// Whether two names are the same, in whichever order their parts stand.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        if self.is_unspaced != other.is_unspaced {
            return false;
        }
        if self.is_unspaced {
            let (Some(one), Some(two)) = (self.words.first(), other.words.first()) else { return false };
            return one == two || is_rotation(one, two);
        }
        let sorted = |name: &Self| {
            let mut words = name.words.clone();
            words.sort();
            words
        };
        !self.words.is_empty() && sorted(self) == sorted(other)
    }
}

/// Whether one is the other with its halves exchanged.
fn is_rotation(one: &str, other: &str) -> bool {
    one.chars().count() == other.chars().count()
        && one.chars().count() <= 40
        && one.char_indices().any(|(at, _)| one.split_at_checked(at).is_some_and(|(a, b)| format!("{b}{a}") == other))
}

/// Whether a letter belongs to a script that is compared as such.
pub(crate) fn is_own(c: char) -> bool {
    !matches!(c,
        '\u{0}'..='\u{52F}'            // Latin, Greek, Cyrillic
        | '\u{531}'..='\u{58F}'        // Armenian
        | '\u{10A0}'..='\u{10FF}'      // Georgian
        | '\u{1C90}'..='\u{1CBF}'
        | '\u{1D00}'..='\u{1FFF}'      // Latin and Greek with marks
        | '\u{2C60}'..='\u{2C7F}'
        | '\u{A720}'..='\u{A7FF}'
        | '\u{FF21}'..='\u{FF5A}')
}

/// Whether the transliteration of a script's letters is the name as documents spell it, letter for letter. Korean
/// syllables and Japanese ones are read as they are written; characters and scripts without vowels are not.
#[cfg(feature = "lists")]
pub(crate) fn is_readable(c: char) -> bool {
    !is_own(c) || matches!(c, '\u{AC00}'..='\u{D7AF}' | '\u{3040}'..='\u{30FF}')
}

fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{E00}'..='\u{EFF}'          // Thai, Lao
        | '\u{F00}'..='\u{FFF}'        // Tibetan
        | '\u{1000}'..='\u{109F}'      // Myanmar
        | '\u{1780}'..='\u{17FF}'      // Khmer
        | '\u{3040}'..='\u{9FFF}'      // Kana, Chinese
        | '\u{AC00}'..='\u{D7AF}'      // Korean
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{2FA1F}')
}

/// A letter in the form that is compared; `None` for marks and signs that a writer may leave out.
fn folded(c: char) -> Option<char> {
    Some(match c {
        // Arabic: carriers of hamza, forms of ya and kaf, and the ta marbuta.
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ى' | 'ئ' | 'ی' | 'ې' => 'ي',
        'ؤ' => 'و',
        'ة' | 'ۀ' | 'ہ' | 'ھ' | 'ە' => 'ه',
        'ک' | 'ڪ' => 'ك',
        'گ' => 'ك',
        'ء' | 'ـ' => return None,
        // Hebrew: final forms.
        'ך' => 'כ',
        'ם' => 'מ',
        'ן' => 'נ',
        'ף' => 'פ',
        'ץ' => 'צ',
        // Katakana and hiragana.
        '\u{30A1}'..='\u{30F6}' => char::from_u32(c as u32 - 0x60).unwrap_or(c),
        c if !c.is_alphabetic() => return None,
        c if is_vowel_mark(c) => return None,
        c => simplified(c),
    })
}

fn is_vowel_mark(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5C7}' | '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{6D6}'..='\u{6ED}')
}

/// The Arabic article, which is written or not, and joined.
fn without_article(word: &str) -> String {
    match word.strip_prefix("ال") {
        Some(rest) if rest.chars().count() >= 3 => rest.to_owned(),
        _ => word.to_owned(),
    }
}

/// The simplified form of a traditional or Japanese character of names.
fn simplified(c: char) -> char {
    let mut pairs = VARIANTS.chars();
    while let (Some(simple), Some(other)) = (pairs.next(), pairs.next()) {
        if other == c {
            return simple;
        }
    }
    c
}

/// Characters that are usual in names: the simplified form, the traditional one.
const VARIANTS: &str = "张張陈陳刘劉杨楊赵趙黄黃吴吳孙孫马馬朱硃罗羅郑鄭谢謝韩韓冯馮邓鄧许許萧蕭叶葉苏蘇吕呂卢盧蒋蔣贾賈\
    钟鐘钟鍾谭譚陆陸范範韦韋邹鄒阎閻龙龍万萬钱錢汤湯邹鄒严嚴闫閆顾顧贺賀龚龔庄莊颜顏庞龐樊樊关關齐齊连連华華国國伟偉军軍\
    丽麗红紅东東凤鳳兰蘭云雲飞飛鹏鵬庆慶荣榮义義刚剛强強兴興宁寧明明学學书書贵貴发發进進达達远遠胜勝权權\
    传傳乐樂梦夢晓曉莹瑩颖穎静靜洁潔娇嬌娅婭婷婷岚嵐涛濤润潤泽澤浩浩炜煒焕煥灿燦玮瑋珑瓏琼瓊环環珏玨瑶瑤\
    团團圣聖坚堅尧堯岳嶽峰峯峦巒广廣康康弥彌归歸怀懷恒恆悦悅惠恵戴戴扬揚择擇时時显顯晋晉曹曹枫楓栋棟桥橋\
    梁樑楼樓榄欖欢歡泷瀧滨濱涡渦渊淵温溫湾灣满滿澜瀾灵靈炉爐爱愛爷爺玛瑪画畫畴疇盐鹽礼禮祯禎禄祿种種稳穩\
    竞競笃篤简簡粮糧纪紀纯純纲綱绍紹经經绣繡绪緒维維绮綺缘緣罡罡胡鬍艺藝芦蘆苍蒼茎莖莲蓮获獲萝蘿蓝藍虑慮\
    虽雖衔銜褚褚观觀觉覺誉譽记記论論诗詩诚誠语語谦謙谨謹贞貞财財质質赏賞赖賴车車轩軒辉輝辽遼边邊迈邁选選逊遜\
    释釋针針钊釗钢鋼钦欽铁鐵铃鈴铭銘银銀锋鋒锐銳锦錦镇鎮长長门門闻聞阳陽阴陰际際险險随隨难難韵韻项項须須颂頌\
    风風馨馨驰馳骆駱骏駿鸣鳴鸿鴻鹤鶴黎黎齐斉泽沢边辺边邉斋斎斋齋桥橋滨浜广広樱櫻樱桜藏蔵岛島冈岡关関";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn agrees(one: (&str, &str), other: (&str, &str)) -> bool {
        parse(one.0, one.1).unwrap().agrees(&parse(other.0, other.1).unwrap())
    }

    #[test]
    fn forms_of_one_name_agree() {
        for (one, other) in [
            (("小明", "王"), ("王小明", "")),
            (("小明", "王"), ("", "小明王")),
            (("偉", "張"), ("伟", "张")),
            (("정은", "김"), ("김정은", "")),
            (("マイケル", ""), ("まいける", "")),
            (("محمد", "الحداري"), ("مُحَمَّد", "حداري")),
            (("أحمد", "حسين"), ("حسين", "احمد")),
            (("فاطمة", "علي"), ("فاطمه", "على")),
            (("סוכו", "ברן"), ("ברנ", "סוכו")),
        ] {
            assert!(agrees(one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn characters_of_one_reading_are_two_names() {
        for (one, other) in
            [(("偉", "王"), ("威", "王")), (("小明", "王"), ("晓明", "王")), (("محمد", "علي"), ("محمود", "علي"))]
        {
            assert!(!agrees(one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn scripts_that_are_read_are_not_own() {
        for name in ["Zarenko", "Заренко", "Γιώργος", "Nguyễn", "Ոսկան", "გიორგი", ""]
        {
            assert_eq!(parse(name, name), None, "{name}");
        }
        assert!(is_readable('김') && is_readable('マ') && !is_readable('王') && !is_readable('م'));
    }

    proptest! {
        #[test]
        fn every_name_agrees_with_itself(given in "\\PC{0,12}", family in "\\PC{0,12}") {
            if let Some(own) = parse(&given, &family) {
                prop_assert!(own.agrees(&own) || own.words.iter().all(String::is_empty) || own.words.is_empty());
            }
        }
    }
}
