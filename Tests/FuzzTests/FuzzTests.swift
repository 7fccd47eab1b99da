import Fuzzing
import Testing

/// The targets of `tools/fuzz` in ordinary runs: every input in the tree, and some thousands made of them.
@Suite struct FuzzTests {
    @Test(arguments: FuzzTarget.all.map(\.name))
    func everyInputInTheTreeHolds(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        for input in try Corpus.inputs(of: target) {
            do throws(PropertyViolation) {
                try target.check(input.bytes)
            } catch {
                Issue.record("\(input.name): \(error)")
            }
        }
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func damagedInputsHold(_ name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let inputs = try Corpus.inputs(of: target)
        var mutator = Mutator(seed: 4)
        for _ in 0..<1_000 {
            let input = try #require(inputs.randomElement(using: &mutator))
            let other = try #require(inputs.randomElement(using: &mutator))
            let bytes = mutator.damaged(input.bytes, beside: other.bytes, limit: target.maximumByteCount)
            do throws(PropertyViolation) {
                try target.check(bytes)
            } catch {
                Issue.record("\(input.name), changed to \(bytes): \(error)")
                return
            }
        }
    }

}
