//! Texts of letters, by language. Senders are invented.

use jiff::civil::Date;
use rand::rngs::StdRng;

use crate::places::Language;
use crate::{Paper, pick};

/// A language's words for letters.
pub(crate) struct Words {
    language: Language,
    bills: &'static [&'static str],
    banks: &'static [&'static str],
    offices: &'static [&'static str],
    /// The sender's address on one line.
    pub sender: &'static str,
    pub place: &'static str,
    pub footer: &'static str,
    /// Titles for women and for men. A title that ends in a line feed is on a separate line.
    pub titles: (&'static str, &'static str),
    bill_dates: &'static [&'static str],
    statement_dates: &'static [&'static str],
    letter_dates: &'static [&'static str],
    pub due: &'static str,
    pub number: &'static [&'static str],
    headings: [&'static str; 3],
    pub period: &'static str,
    pub dear: &'static str,
    pub columns: [&'static str; 3],
    pub goods: &'static [&'static str],
    pub total: &'static str,
    pub closing: &'static str,
    months: [&'static str; 12],
    currency: &'static str,
}

impl Words {
    pub fn issuers(&self, paper: Paper) -> &'static [&'static str] {
        match paper {
            Paper::BankStatement => self.banks,
            Paper::TaxLetter => self.offices,
            _ => self.bills,
        }
    }

    pub fn heading(&self, paper: Paper) -> &'static str {
        let [bill, statement, letter] = self.headings;
        match paper {
            Paper::BankStatement => statement,
            Paper::TaxLetter => letter,
            _ => bill,
        }
    }

    /// A caption of the date of issue.
    pub fn issue_caption(&self, paper: Paper, rng: &mut StdRng) -> &'static str {
        pick(
            rng,
            match paper {
                Paper::BankStatement => self.statement_dates,
                Paper::TaxLetter => self.letter_dates,
                _ => self.bill_dates,
            },
        )
    }

    /// A date in one of three forms: figures, in words, or a second form of figures.
    pub fn date(&self, date: Date, form: usize) -> String {
        let (d, m, y) = (date.day(), date.month(), date.year());
        let month = usize::try_from(m).ok().and_then(|m| self.months.get(m - 1).copied()).unwrap_or_default();
        match (self.language, form) {
            (Language::English, 0) => format!("{d:02}/{m:02}/{y}"),
            (Language::English, 1) => format!("{d} {month} {y}"),
            (Language::English, _) => format!("{d} {} {y}", &month[..3]),
            (Language::French | Language::Spanish, 0) => format!("{d:02}/{m:02}/{y}"),
            (Language::French, 1) => format!("{d} {month} {y}"),
            (Language::Spanish, 1) => format!("{d} de {month} de {y}"),
            (Language::French, _) => format!("{d:02}.{m:02}.{y}"),
            (Language::Spanish, _) => format!("{d:02}-{m:02}-{y}"),
            (_, 1) => format!("{d}. {month} {y}"),
            _ => format!("{d:02}.{m:02}.{y}"),
        }
    }

    /// A date in the form that follows a place.
    pub fn place_date(&self, date: Date) -> String {
        match self.language {
            Language::French => format!("le {}", self.date(date, 1)),
            Language::German => format!("den {}", self.date(date, 0)),
            _ => self.date(date, 1),
        }
    }

    /// Formats hundredths as an amount of money.
    pub fn amount(&self, hundredths: i32) -> String {
        let (whole, rest) = (hundredths / 100, hundredths % 100);
        match self.language {
            Language::English => format!("{}{whole}.{rest:02}", self.currency),
            _ => format!("{whole},{rest:02} {}", self.currency),
        }
    }
}

pub(crate) fn words(language: Language) -> Words {
    match language {
        Language::English => Words {
            language,
            bills: &["Northmere Energy Ltd", "Eastvale Water plc", "Larkspur Telecom Limited", "Brightwell Gas"],
            banks: &["Bramley & Stowe Bank plc", "Harbour Mutual Bank", "Fenwick Savings Bank Ltd"],
            offices: &["Eastvale Borough Council", "Northmere City Council", "Department of Local Revenue"],
            sender: "PO Box 1100, Eastvale EV1 1AA",
            place: "Eastvale",
            footer: "Registered in England No. 00000000",
            titles: ("Ms", "Mr"),
            bill_dates: &["Invoice date", "Bill date", "Date of issue", "Issue date", "Date"],
            statement_dates: &["Statement date", "Date of issue", "Date", "Issued on"],
            letter_dates: &["Date of issue", "Date", "Notice date", "Issued on"],
            due: "Due date",
            number: &["Customer number", "Account number", "Reference", "Invoice number"],
            headings: ["Your bill", "Statement of account", "Council tax notice"],
            period: "Period",
            dear: "Dear",
            columns: ["Description", "Quantity", "Amount"],
            goods: &["Standing charge", "Energy used", "Direct debit", "Card payment", "Service fee", "Discount"],
            total: "Total",
            closing: "Please keep this letter for your records.",
            months: [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            currency: "£",
        },
        Language::German => Words {
            language,
            bills: &[
                "Stadtwerke Ahornstadt GmbH",
                "Lindental Energie AG",
                "Grünfeld Telekom GmbH",
                "Wasserwerk Talheim",
            ],
            banks: &["Volksbank Ahornstadt eG", "Lindentaler Sparbank AG", "Kreditbank Grünfeld"],
            offices: &["Finanzamt Ahornstadt", "Stadt Lindental", "Gemeinde Grünfeld"],
            sender: "Postfach 11 00, 99990 Ahornstadt",
            place: "Ahornstadt",
            footer: "Amtsgericht Ahornstadt HRB 00000",
            titles: ("Frau\n", "Herrn\n"),
            bill_dates: &["Rechnungsdatum", "Datum", "Ausstellungsdatum"],
            statement_dates: &["Datum", "Erstellt am", "Auszugsdatum"],
            letter_dates: &["Datum", "Bescheiddatum", "Ausgestellt am"],
            due: "Fällig am",
            number: &["Kundennummer", "Rechnungsnummer", "Kontonummer", "Aktenzeichen"],
            headings: ["Ihre Stromrechnung", "Kontoauszug", "Bescheid über Grundsteuer"],
            period: "Zeitraum",
            dear: "Guten Tag",
            columns: ["Beschreibung", "Menge", "Betrag"],
            goods: &["Grundpreis", "Arbeitspreis", "Lastschrift", "Kartenzahlung", "Gebühr", "Gutschrift"],
            total: "Gesamtbetrag",
            closing: "Bitte bewahren Sie dieses Schreiben auf.",
            months: [
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
            currency: "EUR",
        },
        Language::French => Words {
            language,
            bills: &["Énergie Clairval SA", "Eaux de Montbrun", "Télécom Rivière SAS", "Gaz du Vallon"],
            banks: &["Banque Montclair SA", "Caisse Clairval", "Crédit du Vallon"],
            offices: &["Centre des impôts de Clairval", "Mairie de Montbrun", "Trésor public de Clairval"],
            sender: "BP 1100, 99990 CLAIRVAL CEDEX",
            place: "Clairval",
            footer: "RCS Clairval 000 000 000",
            titles: ("Mme", "M."),
            bill_dates: &["Date de facture", "Date de la facture", "Date d'émission", "Facture du"],
            statement_dates: &["Date d'émission", "Relevé du", "Date"],
            letter_dates: &["Date", "Date d'établissement", "Établi le"],
            due: "Date limite de paiement",
            number: &["N° client", "Numéro de compte", "Référence", "N° de facture"],
            headings: ["Votre facture d'électricité", "Relevé de compte", "Avis de taxe d'habitation"],
            period: "Période",
            dear: "Bonjour",
            columns: ["Désignation", "Quantité", "Montant"],
            goods: &["Abonnement", "Consommation", "Prélèvement", "Paiement par carte", "Frais", "Remise"],
            total: "Total à payer",
            closing: "Conservez ce document.",
            months: [
                "janvier",
                "février",
                "mars",
                "avril",
                "mai",
                "juin",
                "juillet",
                "août",
                "septembre",
                "octobre",
                "novembre",
                "décembre",
            ],
            currency: "€",
        },
        Language::Spanish => Words {
            language,
            bills: &["Energía Ribera S.A.", "Aguas de Solmar", "Telefonía Cumbre S.L.", "Gas del Valle"],
            banks: &["Banco Solmar S.A.", "Caja Ribera", "Banco del Valle"],
            offices: &["Ayuntamiento de Solmar", "Agencia Tributaria de Ribera", "Diputación de Valdemar"],
            sender: "Apartado 1100, 99990 Solmar",
            place: "Solmar",
            footer: "Registro Mercantil de Solmar, hoja 0000",
            titles: ("Dña.", "D."),
            bill_dates: &["Fecha de factura", "Fecha de emisión", "Fecha"],
            statement_dates: &["Fecha de emisión", "Fecha del extracto", "Fecha"],
            letter_dates: &["Fecha", "Fecha de emisión", "Expedido el"],
            due: "Fecha de vencimiento",
            number: &["N.º de cliente", "Número de cuenta", "Referencia", "N.º de factura"],
            headings: ["Su factura de la luz", "Extracto de cuenta", "Recibo del impuesto municipal"],
            period: "Periodo",
            dear: "Hola",
            columns: ["Concepto", "Cantidad", "Importe"],
            goods: &["Cuota fija", "Consumo", "Domiciliación", "Pago con tarjeta", "Comisión", "Descuento"],
            total: "Total a pagar",
            closing: "Conserve este documento.",
            months: [
                "enero",
                "febrero",
                "marzo",
                "abril",
                "mayo",
                "junio",
                "julio",
                "agosto",
                "septiembre",
                "octubre",
                "noviembre",
                "diciembre",
            ],
            currency: "€",
        },
        Language::Norwegian => Words {
            language,
            bills: &["Nordlys Energi AS", "Solvik Vann og Avløp", "Fjelltele AS", "Bekkestrøm Kraft AS"],
            banks: &["Sparebanken Solvik", "Bekkestrøm Bank ASA", "Fjellbanken AS"],
            offices: &["Solvik kommune", "Skattekontoret i Solvik", "Bekkestrøm kommune"],
            sender: "Postboks 1100 Sentrum, 9990 Solvik",
            place: "Solvik",
            footer: "Org.nr. 000 000 000 MVA",
            titles: ("Fru", "Herr"),
            bill_dates: &["Fakturadato", "Dato", "Utstedt"],
            statement_dates: &["Dato", "Utskriftsdato", "Utstedt"],
            letter_dates: &["Dato", "Utstedt", "Vår dato"],
            due: "Forfallsdato",
            number: &["Kundenummer", "Fakturanummer", "Kontonummer", "Vår referanse"],
            headings: ["Strømregning", "Kontoutskrift", "Kommunale avgifter"],
            period: "Periode",
            dear: "Hei",
            columns: ["Beskrivelse", "Antall", "Beløp"],
            goods: &["Fastbeløp", "Forbruk", "Avtalegiro", "Varekjøp", "Gebyr", "Rabatt"],
            total: "Sum å betale",
            closing: "Ta vare på dette brevet.",
            months: [
                "januar",
                "februar",
                "mars",
                "april",
                "mai",
                "juni",
                "juli",
                "august",
                "september",
                "oktober",
                "november",
                "desember",
            ],
            currency: "kr",
        },
    }
}
