import Mirror
import Testing

@Suite struct VerifyReportTests {
    @Test func whatNoRepairMendsLeavesRoomForWhatOneDoes() {
        var report = VerifyReport()
        for number in 0..<20_000 { report.add(Finding(.orphan, path: "objects/\(number)", detail: "nobody's")) }
        for number in 0..<9_000 { report.add(Finding(.missing, path: "objects/\(number)", detail: "gone")) }
        #expect(report.foundCount == 29_000)
        #expect(report.findings.count == VerifyReport.findingLimit)
        #expect(report.findings.count { $0.kind == .orphan } == VerifyReport.hopelessLimit)
        #expect(report.exitCode == 1 + 2)
    }
}
