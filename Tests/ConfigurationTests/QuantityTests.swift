import Configuration
import Testing

@Suite("Durations, sizes and shares")
struct QuantityTests {
    @Test(
        "Durations",
        arguments: [
            ("30s", 30), ("15m", 900), ("12h", 43200), ("7d", 604_800), ("90", 90), ("0", 0), ("36500d", 3_153_600_000),
        ]
    )
    func durations(text: String, seconds: Int) throws {
        let duration = try Duration(configuration: text)
        #expect(duration == .seconds(seconds))
        #expect(try Duration(configuration: duration.configurationText) == duration)
    }

    @Test("A duration is written in the unit that people would choose")
    func writing() {
        #expect(Duration.seconds(604_800).configurationText == "7d")
        #expect(Duration.seconds(43200).configurationText == "12h")
        #expect(Duration.seconds(60).configurationText == "60s")
        #expect(Duration.seconds(120).configurationText == "2m")
        #expect(Duration.seconds(61).configurationText == "61s")
        #expect(Duration.zero.configurationText == "0s")
    }

    @Test(
        "No durations",
        arguments: ["", "s", "-1", "1.5h", "1h30m", "7 d", "7D", "7w", "99999999999999999999", "36501d", "٣s"]
    )
    func noDurations(text: String) {
        #expect(throws: QuantityError.self) { try Duration(configuration: text) }
    }

    @Test(
        "Sizes",
        arguments: [
            ("0", 0), ("512", 512), ("512B", 512), ("10kB", 10_000), ("10KB", 10_000), ("10MB", 10_000_000),
            ("4GiB", 4_294_967_296), ("2KiB", 2048), ("1TB", 1_000_000_000_000), ("1TiB", 1_099_511_627_776),
        ]
    )
    func sizes(text: String, bytes: Int) throws {
        #expect(try ByteCount(configuration: text).bytes == bytes)
    }

    @Test(
        "No sizes",
        arguments: ["", "MB", "-1", "1.5GiB", "10 MB", "10mb", "10M", "9223372036854775808", "9000000TiB"]
    )
    func noSizes(text: String) {
        #expect(throws: QuantityError.self) { try ByteCount(configuration: text) }
    }

    @Test(
        "Shares",
        arguments: [
            ("2%", 20_000), ("0%", 0), ("100%", 1_000_000), ("0.5%", 5000), ("12.3456%", 123_456), ("1.05%", 10_500),
        ]
    )
    func shares(text: String, millionths: Int) throws {
        #expect(try Share(configuration: text).millionths == millionths)
    }

    @Test("No shares", arguments: ["", "%", "2", "-2%", "100.1%", "101%", ".5%", "2.%", "2.12345%", "2 %", "1e1%"])
    func noShares(text: String) {
        #expect(throws: QuantityError.self) { try Share(configuration: text) }
    }

    @Test("A share of a count is rounded down, and does not overflow")
    func parts() throws {
        let share = try Share(configuration: "2%")
        #expect(share.part(of: 0) == 0)
        #expect(share.part(of: 49) == 0)
        #expect(share.part(of: 50) == 1)
        #expect(share.part(of: 1_234_567) == 24_691)
        #expect(try Share(configuration: "100%").part(of: .max) == .max)
    }
}
