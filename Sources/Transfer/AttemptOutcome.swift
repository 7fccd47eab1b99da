/// How an attempt ended on the network.
struct AttemptOutcome: Sendable {
    /// The head of the answer.
    var answer = Answer()
    /// Why there is no body, or no complete one.
    var failure: TransferError.Code?
    /// What libcurl says of the failure.
    var detail: String?
    /// Whether it says nothing of the host: a connection that had served others ended before an answer came.
    var isOfOldConnection = false
    /// How many bytes were here before, when the attempt ended.
    var offset: UInt64 = 0
    /// What the server said of the whole, to ask for the rest with.
    var validator: String?
}
