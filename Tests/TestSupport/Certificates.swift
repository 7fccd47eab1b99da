import Foundation
package import SystemPackage

/// Certificates of a test's own, made by openssl.
package enum Certificates {
    /// What a server's certificate says.
    package struct Claim: Sendable {
        /// The host that it is for.
        package var host = "localhost"
        /// How many days from now it is good for.
        package var days = 30

        /// One that `https://localhost` can be trusted with.
        package static let good = Claim()
        /// One that ended a day ago.
        package static let expired = Claim(days: -1)
        /// One for another host.
        package static let otherHost = Claim(host: "other.example")
    }

    /// Makes `ca.pem`, `server.pem`, `server.key`, `client.pem`, `client.key` and `other-ca.pem`.
    ///
    /// - Parameters:
    ///   - directory: Where.
    ///   - server: What the server's certificate says.
    /// - Throws: What keeps openssl from making them.
    package static func make(in directory: FilePath, server: Claim = .good) throws {
        for authority in ["ca", "other-ca"] {
            try openssl(
                ["req", "-x509", "-days", "30", "-subj", "/CN=\(authority)", "-out", "\(authority).pem"]
                    + key("\(authority).key"),
                in: directory
            )
        }
        try issue("server", server, in: directory)
        try issue("client", in: directory)
    }

    /// Makes `NAME.pem` and `NAME.key`, issued by `ca.pem` in the same directory, whose subject is the name.
    ///
    /// - Parameters:
    ///   - name: The name of the files and the subject.
    ///   - claim: What the certificate says.
    ///   - directory: Where.
    /// - Throws: What keeps openssl from making them.
    package static func issue(_ name: String, _ claim: Claim = .good, in directory: FilePath) throws {
        try "subjectAltName=DNS:\(claim.host)"
            .write(toFile: directory.appending("\(name).names").string, atomically: false, encoding: .utf8)
        try openssl(["req", "-new", "-subj", "/CN=\(name)", "-out", "\(name).csr"] + key("\(name).key"), in: directory)
        try openssl(
            ["x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
                + ["-days", "\(claim.days)", "-extfile", "\(name).names", "-out", "\(name).pem"],
            in: directory
        )
    }

    /// The public key in `NAME.pem`, encoded as DER, whose SHA-256 is a pin (RFC 7469, section 2.4).
    ///
    /// - Throws: What keeps openssl from reading it.
    package static func publicKey(_ name: String = "server", in directory: FilePath) throws -> [UInt8] {
        let text = directory.appending("\(name).public")
        let program = try BackgroundProgram(
            ["openssl", "x509", "-in", "\(name).pem", "-noout", "-pubkey"],
            in: directory,
            output: text
        )
        guard program.wait() == 0 else { throw LoopbackProgram.Failure("openssl does not read \(name).pem") }
        let lines = try String(contentsOfFile: text.string, encoding: .utf8).split(separator: "\n")
        let base64 = lines.filter { !$0.hasPrefix("-----") }.joined()
        return Array(Data(base64Encoded: base64) ?? Data())
    }

    private static func key(_ file: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", file]
    }

    private static func openssl(_ arguments: [String], in directory: FilePath) throws {
        let code = try BackgroundProgram(["openssl"] + arguments, in: directory).wait()
        guard code == 0 else { throw LoopbackProgram.Failure("openssl \(arguments) failed with \(code)") }
    }
}
