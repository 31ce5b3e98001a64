//! Invented people of several origins, with the spellings that their names may have.

use jiff::civil::{Date, date};
use rand::rngs::StdRng;
use rand::{Rng as _, seq::IndexedRandom as _};

use super::spelling;

/// Where a name comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Slavic,
    Arabic,
    Chinese,
    Korean,
    Spanish,
    Western,
    Indonesian,
}

/// A word of a name: how it is usually spelt, how else, and in its own letters.
#[derive(Clone, Debug)]
pub struct Word {
    pub usual: String,
    pub others: Vec<String>,
    pub own: String,
}

/// A person.
#[derive(Clone, Debug)]
pub struct Person {
    pub origin: Origin,
    pub given: Vec<Word>,
    pub family: Vec<Word>,
    pub born: Date,
    pub country: &'static str,
    pub is_woman: bool,
    pub passport: String,
}

const SLAVIC_MEN: [&str; 30] = [
    "Виктор",
    "Иван",
    "Алексей",
    "Юрий",
    "Сергей",
    "Михаил",
    "Дмитрий",
    "Андрей",
    "Николай",
    "Павел",
    "Олег",
    "Игорь",
    "Максим",
    "Евгений",
    "Владислав",
    "Тарас",
    "Степан",
    "Григорий",
    "Фёдор",
    "Антон",
    "Захар",
    "Руслан",
    "Кирилл",
    "Роман",
    "Анатолий",
    "Геннадий",
    "Леонид",
    "Вячеслав",
    "Ярослав",
    "Эдуард",
];
const SLAVIC_WOMEN: [&str; 20] = [
    "Юлия",
    "Ольга",
    "Наталья",
    "Ирина",
    "Светлана",
    "Екатерина",
    "Анастасия",
    "Людмила",
    "Галина",
    "Татьяна",
    "Евгения",
    "Оксана",
    "Жанна",
    "Зоя",
    "Яна",
    "Лариса",
    "Тамара",
    "Надежда",
    "Валентина",
    "Ксения",
];
const SLAVIC_STEMS: [&str; 40] = [
    "Шевч",
    "Зар",
    "Кузн",
    "Мельн",
    "Бондар",
    "Хар",
    "Жук",
    "Черныш",
    "Цветк",
    "Яковл",
    "Зайц",
    "Щерб",
    "Горб",
    "Лис",
    "Вороб",
    "Журавл",
    "Козл",
    "Михайл",
    "Степан",
    "Григор",
    "Полищ",
    "Савч",
    "Тимош",
    "Рудн",
    "Соб",
    "Чайк",
    "Юрч",
    "Зуб",
    "Дорош",
    "Карп",
    "Левч",
    "Матв",
    "Назар",
    "Остап",
    "Прих",
    "Романч",
    "Сид",
    "Терещ",
    "Ушак",
    "Федор",
];
const SLAVIC_MIDDLES: [&str; 12] = ["", "ар", "ин", "ал", "ов", "ил", "ач", "еш", "иж", "ун", "ор", "ит"];
const SLAVIC_ENDS: [&str; 6] = ["енко", "ук", "ов", "ин", "ский", "ченко"];

const ARABIC_MEN: [&str; 44] = [
    "muHammad",
    "aHmad",
    "maHmuud",
    "Husayn",
    "Hasan",
    "yuusuf",
    "xaalid",
    "3umar",
    "3alii",
    "ibraahiim",
    "ismaa3iil",
    "mustafaa",
    "qaasim",
    "jamaal",
    "sa3iid",
    "taariq",
    "nabiil",
    "faysal",
    "mas3uud",
    "bilaal",
    "Haamid",
    "raa$id",
    "3uvmaan",
    "zayd",
    "ayman",
    "maajid",
    "naaSir",
    "SaaliH",
    "yaasir",
    "ziyaad",
    "hi$aam",
    "$ariif",
    "gaanim",
    "mun*ir",
    "sulaymaan",
    "daawuud",
    "idriis",
    "luqmaan",
    "murtaDaa",
    "riDaa",
    "jaabir",
    "nuuH",
    "rafiiq",
    "wa$iim",
];
const ARABIC_WOMEN: [&str; 14] = [
    "faaTima", "zaynab", "xadiija", "maryam", "3aa'i$a", "laylaa", "saamiya", "nuura", "Haliima", "ruqayya", "amiina",
    "jamiila", "salmaa", "hudaa",
];
const ARABIC_STEMS: [&str; 50] = [
    "Haddaad",
    "ma$hadaanii",
    "zarqaawii",
    "tamiimii",
    "jubuurii",
    "$ammarii",
    "dulaymii",
    "naSraawii",
    "baSrii",
    "miSrii",
    "Halabii",
    "dima$qii",
    "kuufii",
    "najafii",
    "hamdaanii",
    "qurashii",
    "xazrajii",
    "gaamidii",
    "zahraanii",
    "Harbii",
    "$ihrii",
    "3utaybii",
    "muTayrii",
    "dawsarii",
    "qaHTaanii",
    "yaafi3ii",
    "Haddarii",
    "ramaadii",
    "anbaarii",
    "sam$raa'ii",
    "tikriitii",
    "faluujii",
    "mawSilii",
    "karbalaa'ii",
    "gazzaawii",
    "xaliilii",
    "naabulsii",
    "Tabarii",
    "$iiraazii",
    "tuunisii",
    "jazaa'irii",
    "magribii",
    "liibii",
    "suudaanii",
    "Habbaa$ii",
    "rifaa3ii",
    "qaadirii",
    "na$aabandii",
    "bagdaadii",
    "Sayyaadii",
];

const CHINESE_FAMILIES: [(&str, char); 40] = [
    ("wang", '王'),
    ("li", '李'),
    ("zhang", '张'),
    ("liu", '刘'),
    ("chen", '陈'),
    ("yang", '杨'),
    ("huang", '黄'),
    ("zhao", '赵'),
    ("wu", '吴'),
    ("zhou", '周'),
    ("xu", '徐'),
    ("sun", '孙'),
    ("ma", '马'),
    ("zhu", '朱'),
    ("hu", '胡'),
    ("guo", '郭'),
    ("he", '何'),
    ("lin", '林'),
    ("gao", '高'),
    ("luo", '罗'),
    ("zheng", '郑'),
    ("liang", '梁'),
    ("xie", '谢'),
    ("song", '宋'),
    ("tang", '唐'),
    ("deng", '邓'),
    ("han", '韩'),
    ("feng", '冯'),
    ("cao", '曹'),
    ("peng", '彭'),
    ("zeng", '曾'),
    ("xiao", '肖'),
    ("tian", '田'),
    ("dong", '董'),
    ("pan", '潘'),
    ("yuan", '袁'),
    ("cai", '蔡'),
    ("jiang", '蒋'),
    ("yu", '余'),
    ("du", '杜'),
];
const CHINESE_GIVEN: [(&str, char); 60] = [
    ("wei", '伟'),
    ("wei", '威'),
    ("wei", '维'),
    ("fang", '芳'),
    ("na", '娜'),
    ("xiu", '秀'),
    ("ying", '英'),
    ("min", '敏'),
    ("jing", '静'),
    ("li", '丽'),
    ("li", '力'),
    ("qiang", '强'),
    ("lei", '磊'),
    ("jun", '军'),
    ("jun", '俊'),
    ("yang", '洋'),
    ("yong", '勇'),
    ("yan", '艳'),
    ("jie", '杰'),
    ("juan", '娟'),
    ("tao", '涛'),
    ("ming", '明'),
    ("ming", '鸣'),
    ("chao", '超'),
    ("xia", '霞'),
    ("ping", '平'),
    ("gang", '刚'),
    ("gui", '桂'),
    ("zi", '子'),
    ("qing", '清'),
    ("qing", '青'),
    ("hao", '浩'),
    ("yu", '宇'),
    ("yu", '玉'),
    ("xuan", '轩'),
    ("chen", '晨'),
    ("bo", '博'),
    ("wen", '文'),
    ("hong", '红'),
    ("hong", '宏'),
    ("jian", '建'),
    ("guo", '国'),
    ("hua", '华'),
    ("zhi", '志'),
    ("zhi", '智'),
    ("cheng", '成'),
    ("long", '龙'),
    ("fei", '飞'),
    ("peng", '鹏'),
    ("xin", '欣'),
    ("xin", '新'),
    ("yue", '月'),
    ("shu", '淑'),
    ("lan", '兰'),
    ("mei", '梅'),
    ("dong", '东'),
    ("hai", '海'),
    ("kai", '凯'),
    ("ning", '宁'),
    ("rong", '荣'),
];
const KOREAN_FAMILIES: [(&str, &str, &str, char); 24] = [
    ("gim", "kim", "kim", '김'),
    ("i", "yi", "lee", '이'),
    ("bak", "pak", "park", '박'),
    ("choe", "choe", "choi", '최'),
    ("jeong", "chong", "jung", '정'),
    ("gang", "kang", "kang", '강'),
    ("jo", "cho", "cho", '조'),
    ("yun", "yun", "yoon", '윤'),
    ("jang", "chang", "jang", '장'),
    ("im", "im", "lim", '임'),
    ("han", "han", "han", '한'),
    ("o", "o", "oh", '오'),
    ("seo", "so", "suh", '서'),
    ("sin", "sin", "shin", '신'),
    ("gwon", "kwon", "kwon", '권'),
    ("hwang", "hwang", "hwang", '황'),
    ("an", "an", "ahn", '안'),
    ("song", "song", "song", '송'),
    ("yu", "yu", "yoo", '유'),
    ("hong", "hong", "hong", '홍'),
    ("no", "no", "noh", '노'),
    ("mun", "mun", "moon", '문'),
    ("bae", "pae", "bae", '배'),
    ("baek", "paek", "baek", '백'),
];
const KOREAN_GIVEN: [(&str, char); 36] = [
    ("min", '민'),
    ("seo", '서'),
    ("jun", '준'),
    ("ji", '지'),
    ("hun", '훈'),
    ("seung", '승'),
    ("hyeon", '현'),
    ("u", '우'),
    ("yeong", '영'),
    ("su", '수'),
    ("jin", '진'),
    ("ho", '호'),
    ("cheol", '철'),
    ("gyeong", '경'),
    ("dong", '동'),
    ("gang", '강'),
    ("il", '일'),
    ("seong", '성'),
    ("jae", '재'),
    ("hye", '혜'),
    ("eun", '은'),
    ("jeong", '정'),
    ("hui", '희'),
    ("ha", '하'),
    ("na", '나'),
    ("sang", '상'),
    ("tae", '태'),
    ("gwang", '광'),
    ("myeong", '명'),
    ("guk", '국'),
    ("chang", '창'),
    ("han", '한'),
    ("rae", '래'),
    ("mi", '미'),
    ("bin", '빈'),
    ("suk", '숙'),
];
const SPANISH_MEN: [&str; 24] = [
    "Jose", "Juan", "Luis", "Carlos", "Jorge", "Miguel", "Angel", "Pedro", "Rafael", "Hector", "Raul", "Ramon",
    "Javier", "Alfredo", "Ernesto", "Ignacio", "Gilberto", "Joaquin", "Arturo", "Ruben", "Oscar", "Salvador",
    "Fernando", "Manuel",
];
const SPANISH_WOMEN: [&str; 14] = [
    "Maria",
    "Ana",
    "Luz",
    "Rosa",
    "Carmen",
    "Guadalupe",
    "Teresa",
    "Elena",
    "Patricia",
    "Gloria",
    "Silvia",
    "Beatriz",
    "Lucia",
    "Ines",
];
const SPANISH_STEMS: [&str; 44] = [
    "Gonz", "Rodr", "Hern", "Mart", "Lop", "Per", "Sanch", "Ram", "Torr", "Flor", "Riv", "Gom", "Diaz", "Cruz", "Mor",
    "Ort", "Gut", "Chav", "Mend", "Vazq", "Cast", "Jim", "Ruiz", "Mora", "Agu", "Sal", "Guerr", "Med", "Herr", "Vel",
    "Esp", "Zamb", "Que", "Cont", "Carr", "Nav", "Pach", "Lar", "Bel", "Cor", "Dur", "Fuent", "Ibar", "Zar",
];
const SPANISH_ENDS: [&str; 12] =
    ["alez", "iguez", "andez", "inez", "ez", "irez", "es", "era", "oza", "illo", "ejo", "ado"];
const WESTERN_MEN: [&str; 40] = [
    "James",
    "Oliver",
    "Thomas",
    "Lars",
    "Erik",
    "Hans",
    "Peter",
    "Klaus",
    "Jean",
    "Pierre",
    "Luc",
    "Marco",
    "Paolo",
    "Henrik",
    "Nils",
    "Jan",
    "Willem",
    "Stefan",
    "Andreas",
    "Michael",
    "David",
    "Daniel",
    "Robert",
    "William",
    "George",
    "Patrick",
    "Sean",
    "Liam",
    "Felix",
    "Lukas",
    "Emil",
    "Anders",
    "Christian",
    "Martin",
    "Simon",
    "Gabriel",
    "Antoine",
    "Giovanni",
    "Matteo",
    "Hugo",
];
const WESTERN_WOMEN: [&str; 40] = [
    "Mary",
    "Charlotte",
    "Ingrid",
    "Anna",
    "Anne",
    "Astrid",
    "Ursula",
    "Claire",
    "Sophie",
    "Giulia",
    "Francesca",
    "Karin",
    "Solveig",
    "Emma",
    "Olivia",
    "Sarah",
    "Laura",
    "Julia",
    "Helen",
    "Margaret",
    "Christina",
    "Martina",
    "Simone",
    "Gabrielle",
    "Daniela",
    "Eva",
    "Maja",
    "Freya",
    "Elsa",
    "Johanna",
    "Katharina",
    "Louise",
    "Camille",
    "Chiara",
    "Lucy",
    "Alice",
    "Nora",
    "Ida",
    "Vera",
    "Greta",
];
const WESTERN_FIRST: [&str; 60] = [
    "Brand", "Hans", "John", "Ander", "Lind", "Berg", "Dahl", "Holm", "Sund", "Nord", "Vest", "Kirk", "Stein",
    "Schwarz", "Hoff", "Bach", "Fisch", "Weiss", "Rosen", "Winter", "Sommer", "Lang", "Kurz", "Whit", "Black", "Green",
    "Wood", "Hart", "Hol", "Har", "Mor", "Wil", "Thomp", "Rich", "Robert", "Stev", "Beau", "Du", "La", "Le", "Mont",
    "Ross", "Bian", "Fer", "Gal", "Mar", "Cal", "Van", "Ver", "Bos", "Kuip", "Vis", "Smed", "Haug", "Lien", "Bakk",
    "Moen", "Strand", "Eng", "Ask",
];
const WESTERN_LAST: [&str; 40] = [
    "vold", "sen", "son", "gren", "qvist", "strom", "mann", "berg", "feld", "hoff", "er", "bauer", "meier", "field",
    "ford", "ton", "ham", "ley", "ington", "well", "mont", "champ", "ier", "eau", "ini", "etti", "ari", "ucci", "huis",
    "stra", "dijk", "meer", "rud", "stad", "nes", "by", "land", "vik", "dal", "set",
];
const SYLLABLES: [&str; 24] = [
    "su", "har", "to", "wi", "jo", "ko", "sri", "ra", "ha", "yu", "bam", "bang", "har", "ti", "ning", "sih", "pur",
    "no", "mo", "kar", "di", "san", "to", "wan",
];

fn word(usual: impl Into<String>) -> Word {
    Word { usual: usual.into(), others: Vec::new(), own: String::new() }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

fn pick<'a, T>(rng: &mut StdRng, from: &'a [T]) -> &'a T {
    from.choose(rng).expect("a list is not empty")
}

impl Person {
    /// A person of an origin; of any by the mixture of applicants otherwise.
    pub fn invent(rng: &mut StdRng, origin: Origin) -> Self {
        let is_woman = rng.random_bool(0.3);
        let (given, family, country) = match origin {
            Origin::Slavic => slavic(rng, is_woman),
            Origin::Arabic => arabic(rng, is_woman),
            Origin::Chinese => chinese(rng),
            Origin::Korean => korean(rng),
            Origin::Spanish => spanish(rng, is_woman),
            Origin::Western => western(rng, is_woman),
            Origin::Indonesian => indonesian(rng),
        };
        let born = date(rng.random_range(1940..2006), rng.random_range(1..=12), rng.random_range(1..=28));
        let passport = format!("{}{:07}", capital(pick(rng, &["a", "k", "p", "x"])), rng.random_range(0..10_000_000));
        Self { origin, given, family, born, country, is_woman, passport }
    }

    /// The origin of a listed person, in about the shares of the published lists.
    pub fn any_origin(rng: &mut StdRng) -> Origin {
        match rng.random_range(0..100) {
            0..36 => Origin::Arabic,
            36..64 => Origin::Slavic,
            64..80 => Origin::Spanish,
            80..85 => Origin::Korean,
            85..90 => Origin::Chinese,
            90..97 => Origin::Western,
            _ => Origin::Indonesian,
        }
    }

    /// Who applies: most have Western names, the others those of the listed.
    pub fn applicant(rng: &mut StdRng) -> Self {
        let origin = match rng.random_range(0..100) {
            0..70 => Origin::Western,
            70..78 => Origin::Spanish,
            78..86 => Origin::Slavic,
            86..93 => Origin::Arabic,
            93..96 => Origin::Chinese,
            96..98 => Origin::Korean,
            _ => Origin::Indonesian,
        };
        Self::invent(rng, origin)
    }

    pub fn usual_given(&self) -> String {
        joined(&self.given, " ")
    }

    pub fn usual_family(&self) -> String {
        joined(&self.family, " ")
    }

    /// The name in its own letters, if they are not Latin.
    pub fn own(&self) -> Option<String> {
        let (given, family): (Vec<&str>, Vec<&str>) = (
            self.given.iter().map(|word| word.own.as_str()).collect(),
            self.family.iter().map(|word| word.own.as_str()).collect(),
        );
        if given.concat().is_empty() {
            return None;
        }
        Some(match self.origin {
            Origin::Chinese | Origin::Korean => family.concat() + &given.concat(),
            _ => [given, family].concat().join(" "),
        })
    }
}

pub fn joined(words: &[Word], by: &str) -> String {
    words.iter().map(|word| word.usual.as_str()).collect::<Vec<_>>().join(by)
}

fn of_cyrillic(own: &str) -> Word {
    let mut spellings: Vec<String> = spelling::cyrillic(own).iter().map(|text| capital(text)).collect();
    spellings.dedup();
    Word { usual: spellings.remove(0), others: spellings, own: own.to_owned() }
}

fn slavic(rng: &mut StdRng, is_woman: bool) -> (Vec<Word>, Vec<Word>, &'static str) {
    let given = *pick(rng, if is_woman { &SLAVIC_WOMEN[..] } else { &SLAVIC_MEN[..] });
    let end = *pick(rng, &SLAVIC_ENDS);
    let syllable = |rng: &mut StdRng| {
        let consonant =
            *pick(rng, &["б", "в", "г", "д", "ж", "з", "к", "л", "м", "н", "п", "р", "с", "т", "х", "ч", "ш", "щ"]);
        format!("{consonant}{}", pick(rng, &["а", "е", "и", "о", "у", "я", "ю"]))
    };
    let stem = if rng.random_bool(0.5) {
        format!("{}{}", pick(rng, &SLAVIC_STEMS), pick(rng, &SLAVIC_MIDDLES))
    } else {
        capital(&format!(
            "{}{}{}",
            syllable(rng),
            syllable(rng),
            pick(rng, &["б", "в", "д", "к", "л", "м", "н", "р", "т"])
        ))
    };
    let mut family = format!("{stem}{end}");
    if is_woman && matches!(end, "ов" | "ин") {
        family.push('а');
    }
    (vec![of_cyrillic(given)], vec![of_cyrillic(&family)], *pick(rng, &["RU", "UA", "BY"]))
}

fn of_arabic(scheme: &str) -> Word {
    let mut spellings: Vec<String> =
        spelling::arabic(scheme).iter().map(|text| capital(&text.replace('\'', ""))).collect();
    let usual = spellings.remove(0);
    spellings.retain(|other| *other != usual);
    spellings.dedup();
    Word { usual, others: spellings, own: spelling::arabic_letters(scheme) }
}

fn arabic(rng: &mut StdRng, is_woman: bool) -> (Vec<Word>, Vec<Word>, &'static str) {
    let mut given = vec![of_arabic(pick(rng, if is_woman { &ARABIC_WOMEN[..] } else { &ARABIC_MEN[..] }))];
    given.extend((0..rng.random_range(0..=2)).map(|_| of_arabic(pick(rng, &ARABIC_MEN))));
    // Half of the families are known ones, half are made of three consonants as the language makes them.
    let consonant = |rng: &mut StdRng| {
        *pick(rng, &["b", "d", "f", "H", "j", "k", "l", "m", "n", "q", "r", "s", "S", "T", "z", "x", "$", "h"])
    };
    let invented = format!(
        "{}{}{}{}{}{}",
        consonant(rng),
        pick(rng, &["a", "i", "u"]),
        consonant(rng),
        pick(rng, &["aa", "a", "ii", "uu", "ay"]),
        consonant(rng),
        pick(rng, &["ii", "ii", "aanii", "aawii"])
    );
    let stem = if rng.random_bool(0.5) { of_arabic(pick(rng, &ARABIC_STEMS)) } else { of_arabic(&invented) };
    let family = Word {
        usual: format!("al-{}", stem.usual),
        others: stem.others.iter().map(|other| format!("al-{other}")).collect(),
        own: format!("ال{}", stem.own),
    };
    (given, vec![family], *pick(rng, &["IQ", "SY", "YE", "SA", "EG", "LY", "TN"]))
}

fn chinese(rng: &mut StdRng) -> (Vec<Word>, Vec<Word>, &'static str) {
    let syllable = |(pinyin, own): &(&str, char)| Word {
        usual: capital(pinyin),
        others: vec![capital(&spelling::wade_giles(pinyin))],
        own: own.to_string(),
    };
    let count = if rng.random_bool(0.15) { 1 } else { 2 };
    let given = (0..count).map(|_| syllable(pick(rng, &CHINESE_GIVEN))).collect();
    (given, vec![syllable(pick(rng, &CHINESE_FAMILIES))], "CN")
}

fn korean(rng: &mut StdRng) -> (Vec<Word>, Vec<Word>, &'static str) {
    let given = (0..2)
        .map(|_| {
            let (revised, own) = pick(rng, &KOREAN_GIVEN);
            let mut spellings: Vec<String> = spelling::korean(revised).iter().map(|text| capital(text)).collect();
            let usual = spellings.remove(0);
            Word { usual, others: spellings, own: own.to_string() }
        })
        .collect();
    let (revised, older, popular, own) = pick(rng, &KOREAN_FAMILIES);
    let family = Word { usual: capital(older), others: vec![capital(revised), capital(popular)], own: own.to_string() };
    (given, vec![family], *pick(rng, &["KP", "KR"]))
}

fn spanish(rng: &mut StdRng, is_woman: bool) -> (Vec<Word>, Vec<Word>, &'static str) {
    let names = if is_woman { &SPANISH_WOMEN[..] } else { &SPANISH_MEN[..] };
    let given = (0..rng.random_range(1..=2)).map(|_| word(*pick(rng, names))).collect();
    let family = (0..2).map(|_| word(format!("{}{}", pick(rng, &SPANISH_STEMS), pick(rng, &SPANISH_ENDS)))).collect();
    (given, family, *pick(rng, &["MX", "CO", "VE", "CU"]))
}

fn western(rng: &mut StdRng, is_woman: bool) -> (Vec<Word>, Vec<Word>, &'static str) {
    let names = if is_woman { &WESTERN_WOMEN[..] } else { &WESTERN_MEN[..] };
    let given = (0..rng.random_range(1..=2)).map(|_| word(*pick(rng, names))).collect();
    let family = format!("{}{}", pick(rng, &WESTERN_FIRST), pick(rng, &WESTERN_LAST));
    (given, vec![word(family)], *pick(rng, &["NO", "DE", "GB", "FR", "IT", "NL", "SE", "IE"]))
}

fn indonesian(rng: &mut StdRng) -> (Vec<Word>, Vec<Word>, &'static str) {
    let count = rng.random_range(2..=4);
    let name: String = (0..count).map(|_| *pick(rng, &SYLLABLES)).collect();
    (vec![word(capital(&name))], Vec::new(), "ID")
}
