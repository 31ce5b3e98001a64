//! scratch
#![allow(missing_docs, clippy::unwrap_used)]
use domain::document::*;
use jiff::civil::date;
use ocr::{Reader, ReaderConfig};
use specimens::{Paper, Specimen, Strain};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Instant;

#[derive(Default)]
struct Sum {
    docs: usize,
    fields: usize,
    right: usize,
    mrz: usize,
    mrz_right: usize,
    fa: usize,
    disagree: usize,
    req: usize,
    req_right: usize,
    times: Vec<f64>,
    tprep: Vec<f64>,
}

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let papers: Vec<Paper> = Paper::ALL.into_iter().filter(|p| args[1].split(',').any(|a| a == p.as_str())).collect();
    let strains: Vec<Strain> =
        Strain::ALL.into_iter().filter(|p| args[2].split(',').any(|a| a == p.as_str())).collect();
    let seeds: Vec<u64> = args[3]
        .split(',')
        .flat_map(|part| {
            let mut it = part.split('-');
            let a: u64 = it.next().unwrap().parse().unwrap();
            let b: u64 = it.next().map_or(a, |b| b.parse().unwrap());
            (a..=b).filter(|s| s % 2 == 0)
        })
        .collect();
    let strength: f32 = args.get(4).map_or(0.5, |s| s.parse().unwrap());
    let verbose = args.get(5).is_none();
    let today = date(2026, 11, 21);
    let reader = Arc::new(
        Reader::new(ReaderConfig {
            limit: std::time::Duration::from_secs(200),
            wait: std::time::Duration::from_secs(2000),
            ..ReaderConfig::default()
        })
        .unwrap(),
    );
    for strain in &strains {
        for paper in &papers {
            let sum = Arc::new(Mutex::new(Sum::default()));
            let next = Arc::new(AtomicUsize::new(0));
            let mut tasks = Vec::new();
            for _ in 0..2 {
                let (sum, next, reader, seeds, strain, paper) =
                    (sum.clone(), next.clone(), reader.clone(), seeds.clone(), *strain, *paper);
                tasks.push(tokio::spawn(async move {
                    loop {
                        let i = next.fetch_add(1, Ordering::SeqCst);
                        let Some(seed) = seeds.get(i).copied() else { return };
                        let sp = Specimen::invent(paper, seed, today).unwrap();
                        let jpeg = strain.jpeg(&sp, strength, seed).unwrap();
                        let start = Instant::now();
                        let prepared = match reader.prepare(paper.kind(), jpeg.into(), &|_| {}).await {
                            Ok(p) => p,
                            Err(e) => {
                                println!("{} {} {seed}: {e}", paper.as_str(), strain.as_str());
                                continue;
                            }
                        };
                        let tprep = start.elapsed().as_secs_f64();
                        let reading = reader.read(&prepared, today, &|_| {}).await.unwrap();
                        let t = start.elapsed().as_secs_f64();
                        let mut s = sum.lock().unwrap();
                        s.docs += 1;
                        s.times.push(t);
                        s.tprep.push(tprep);
                        let mut out = String::new();
                        for (name, truth) in &sp.truth {
                            let field = reading.fields.get(name);
                            let ok = field.is_some_and(|f| sp.is_exact(*name, &f.value));
                            if *name == FieldName::Mrz {
                                s.mrz += 1;
                                s.mrz_right += usize::from(ok);
                                if let Some(f) = field {
                                    if !ok && f.confidence > 0.9 {
                                        s.fa += 1;
                                        out += "FA "
                                    }
                                }
                                if !ok {
                                    out += &format!(
                                        "  mrz {:?}\n      {}\n      {}\n",
                                        field.map(|f| f.confidence),
                                        truth.replace('\n', " "),
                                        field.map_or("", |f| &f.value).replace('\n', " ")
                                    );
                                }
                                continue;
                            }
                            s.fields += 1;
                            s.right += usize::from(ok);
                            if paper.kind().required_fields().contains(name) {
                                s.req += 1;
                                s.req_right += usize::from(ok);
                            }
                            if let Some(f) = field {
                                if !ok && f.confidence > 0.9 {
                                    s.fa += 1;
                                    out += "FA ";
                                }
                                let dis = f.agreement(*name) == Agreement::Disagrees;
                                if dis {
                                    s.disagree += 1;
                                }
                                if !ok || dis {
                                    out += &format!(
                                        "  {name:?}: {truth:?} read {:?} {} {:?} others {:?}\n",
                                        f.value,
                                        f.confidence,
                                        f.source,
                                        f.other_readings
                                            .iter()
                                            .map(|o| (&o.value, o.confidence, o.source))
                                            .collect::<Vec<_>>()
                                    );
                                }
                            } else {
                                out += &format!("  {name:?}: {truth:?} absent\n");
                            }
                        }
                        if verbose && !out.is_empty() {
                            println!(
                                "{} {} {seed} [{}] {:.1}s issue {:?}\n{out}",
                                paper.as_str(),
                                strain.as_str(),
                                sp.layout,
                                t,
                                prepared.issue.or(reading.issue)
                            );
                        }
                    }
                }));
            }
            for t in tasks {
                t.await.unwrap();
            }
            let mut s = sum.lock().unwrap();
            s.times.sort_by(f64::total_cmp);
            s.tprep.sort_by(f64::total_cmp);
            let p = |q: f64| s.times[((s.times.len() as f64 * q) as usize).min(s.times.len() - 1)];
            println!(
                "== {:14} {:12} docs {:3} fields {}/{} = {:.1}% req {}/{} = {:.1}% mrz {}/{} fa {} disagree {} p50 {:.1} p95 {:.1} prep50 {:.1}",
                paper.as_str(),
                strain.as_str(),
                s.docs,
                s.right,
                s.fields,
                100.0 * s.right as f64 / s.fields as f64,
                s.req_right,
                s.req,
                100.0 * s.req_right as f64 / s.req.max(1) as f64,
                s.mrz_right,
                s.mrz,
                s.fa,
                s.disagree,
                p(0.5),
                p(0.95),
                s.tprep[s.tprep.len() / 2]
            );
        }
    }
}
