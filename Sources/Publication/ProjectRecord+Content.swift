package import Digest
package import Record
internal import SimpleIndex

extension ProjectRecord {
    /// What its page says where no file is had on demand, as mirrors compare it, and whether the root list names it.
    ///
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package func shownContent() throws(DigestError) -> (content: SHA256Digest, isListed: Bool) {
        (try PublishedPage(of: self, .bare).contentDigest(), isListed)
    }
}
