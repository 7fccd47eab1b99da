import Fuzzing
import Glibc

/// The target that the environment names; libFuzzer's own arguments are for libFuzzer only.
private let target: FuzzTarget = {
    let name = getenv("LARDER_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget.named(name) else {
        fatalError("LARDER_FUZZ_TARGET is '\(name)', none of \(FuzzTarget.all.map(\.name)); use tools/fuzz")
    }
    return target
}()

/// What libFuzzer calls with each input; a property that does not hold ends the program, which the fuzzer records.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    do throws(PropertyViolation) {
        try target.check(input)
    } catch {
        fatalError("\(target.name): \(error)")
    }
    return 0
}
