import Testing

/// Tests that start other programs, one at a time.
///
/// A program that is started while another test writes a script holds that script open for writing until it runs, and
/// execve(2) refuses such a script with ETXTBSY.
@Suite("With other programs", .serialized)
enum OtherProgramTests {}
