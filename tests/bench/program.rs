//! The programs that ftp-track is compared with, and those that measure.

use std::os::fd::BorrowedFd;

use anyhow::Result;

use crate::bpf::{Counter, Instruction as I, Map, Program, Register, Size, Test};

const RESULT: Register = Register(0);
const FIRST: Register = Register(1);
const SECOND: Register = Register(2);
const THIRD: Register = Register(3);
const FOURTH: Register = Register(4);
const CONTEXT: Register = Register(6);
const KEPT: Register = Register(7);
const STACK: Register = Register(10);

// uapi/linux/bpf.h
const MAP_LOOKUP_ELEM: i32 = 1;
const TAIL_CALL: i32 = 12;
const REDIRECT: i32 = 23;
const XDP_STORE_BYTES: i32 = 190;
const XDP_ABORTED: i32 = 0;
const XDP_DROP: i32 = 1;
const XDP_PASS: i32 = 2;
const XDP_TX: i32 = 3;

/// Passes everything: what any XDP program costs.
pub fn empty() -> Result<Program> {
    Program::load("empty", &[I::set(RESULT, XDP_PASS), I::exit()])
}

/// Drops everything: what is left is bringing the frames.
pub fn drop() -> Result<Program> {
    Program::load("drop", &[I::set(RESULT, XDP_DROP), I::exit()])
}

/// Sends every frame out by an interface, as it is: the limit.
pub fn redirect(interface: u32) -> Result<Program> {
    let code = [
        I::set(FIRST, interface as i32),
        I::set(SECOND, 0),
        I::call(REDIRECT),
        I::exit(),
    ];
    Program::load("redirect", &code)
}

/// Counts every frame and drops it.
pub fn sink(counter: &Counter) -> Result<Program> {
    let mut code = lookup_first(counter.map());
    code.extend([
        I::jump(Test::Zero(RESULT), 3),
        I::load(Size::Double, FIRST, RESULT, 0),
        I::add(FIRST, 1),
        I::store(Size::Double, RESULT, 0, FIRST),
        I::set(RESULT, XDP_DROP),
        I::exit(),
    ]);
    Program::load("sink", &code)
}

/// Writes these headers, since the kernel uses pages again that a gateway has changed, and sends
/// the frame.
pub fn injector(headers: &[u8]) -> Result<Program> {
    let length = headers.len() as i32;
    let stores = stores(headers);
    let mut code = vec![
        I::load(Size::Word, SECOND, FIRST, 0),
        I::load(Size::Word, THIRD, FIRST, 4),
        I::copy(FOURTH, SECOND),
        I::add(FOURTH, length),
        I::jump(Test::Larger(FOURTH, THIRD), stores.len() as i16 + 2),
    ];
    code.extend(stores);
    code.extend([
        I::set(RESULT, XDP_TX),
        I::exit(),
        I::set(RESULT, XDP_ABORTED),
        I::exit(),
    ]);
    Program::load("injector", &code)
}

/// Writes bytes to where the second register points.
fn stores(bytes: &[u8]) -> Vec<I> {
    let words = bytes.chunks_exact(4);
    let rest = words.remainder();
    let at = (bytes.len() - rest.len()) as i16;
    let mut stores: Vec<I> = words
        .zip((0i16..).step_by(4))
        .map(|(word, at)| {
            let value = i32::from_ne_bytes([word[0], word[1], word[2], word[3]]);
            I::store_value(Size::Word, SECOND, at, value)
        })
        .collect();
    if let [first, second] = *rest {
        let value = u16::from_ne_bytes([first, second]);
        stores.push(I::store_value(Size::Half, SECOND, at, value.into()));
    }
    stores
}

/// Plays frames of one length, one with each run: writes it over the frame that is there, and goes
/// on to another program.
pub struct Player {
    program: Program,
    position: Map,
    frames: Map,
    /// An array of programs that nobody holds is emptied.
    _target: Map,
}

impl Player {
    /// For `count` frames of `length` bytes each, which are brought to `target`, again and again.
    pub fn new(target: BorrowedFd<'_>, count: u32, length: usize) -> Result<Self> {
        let position = Map::array(8, 1)?;
        let frames = Map::array(length as u32, count)?;
        let target = Map::program_array(target)?;
        let mut play = vec![
            I::copy(THIRD, RESULT),
            I::copy(FIRST, CONTEXT),
            I::set(SECOND, 0),
            I::set(FOURTH, length as i32),
            I::call(XDP_STORE_BYTES),
            I::copy(FIRST, CONTEXT),
        ];
        play.extend(I::map(SECOND, &target));
        play.extend([I::set(THIRD, 0), I::call(TAIL_CALL)]);
        let mut code = vec![I::copy(CONTEXT, FIRST)];
        code.extend(lookup_next(&position, &frames, count));
        code.push(I::jump(Test::Zero(RESULT), play.len() as i16));
        code.extend(play);
        code.extend([I::set(RESULT, XDP_ABORTED), I::exit()]);
        let program = Program::load("player", &code)?;
        Ok(Self {
            program,
            position,
            frames,
            _target: target,
        })
    }

    /// Puts the frames in, and begins with the first.
    pub fn set(&self, frames: &[Vec<u8>]) -> Result<()> {
        for (at, frame) in (0u32..).zip(frames) {
            self.frames.update(&at.to_ne_bytes(), frame)?;
        }
        self.position
            .update(&0u32.to_ne_bytes(), &0u64.to_ne_bytes())
    }

    /// The program to run.
    pub fn program(&self) -> BorrowedFd<'_> {
        self.program.descriptor()
    }
}

/// Looks up one key in a hash map with each run, of `count` keys, and reads the value.
pub fn lookup(position: &Map, keys: &Map, count: u32, hash: &Map) -> Result<Program> {
    let mut find = vec![I::copy(SECOND, RESULT)];
    find.extend(I::map(FIRST, hash));
    find.extend([
        I::call(MAP_LOOKUP_ELEM),
        I::jump(Test::Zero(RESULT), 1),
        I::load(Size::Double, FIRST, RESULT, 0),
    ]);
    let mut code = lookup_next(position, keys, count);
    code.push(I::jump(Test::Zero(RESULT), find.len() as i16));
    code.extend(find);
    code.extend([I::set(RESULT, XDP_PASS), I::exit()]);
    Program::load("lookup", &code)
}

/// Looks up the next value of an array of `count`, after the last of them the first again.
fn lookup_next(position: &Map, values: &Map, count: u32) -> Vec<I> {
    let mut find = vec![
        I::load(Size::Double, KEPT, RESULT, 0),
        I::copy(FIRST, KEPT),
        I::add(FIRST, 1),
        I::store(Size::Double, RESULT, 0, FIRST),
        I::remainder(KEPT, count as i32),
        I::store(Size::Word, STACK, -4, KEPT),
        I::copy(SECOND, STACK),
        I::add(SECOND, -4),
    ];
    find.extend(I::map(FIRST, values));
    find.push(I::call(MAP_LOOKUP_ELEM));
    let mut code = lookup_first(position);
    code.push(I::jump(Test::Zero(RESULT), find.len() as i16));
    code.extend(find);
    code
}

/// Looks up the first value of an array.
fn lookup_first(map: &Map) -> Vec<I> {
    let mut code = vec![
        I::store_value(Size::Word, STACK, -4, 0),
        I::copy(SECOND, STACK),
        I::add(SECOND, -4),
    ];
    code.extend(I::map(FIRST, map));
    code.push(I::call(MAP_LOOKUP_ELEM));
    code
}
