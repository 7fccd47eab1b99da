/// How long the body of a request may be, judged by what is said of it before it comes.
struct BodyBounds {
    /// The most bytes, decoded.
    let limit: UInt64
    private let expected: UInt64?
    private let isIdentity: Bool
    private let isToMemory: Bool

    /// The bounds of a request.
    init(_ request: TransferRequest, maximumMemoryBody: UInt64) {
        isToMemory = request.destination.path == nil
        isIdentity = request.encoding == .identity
        expected = request.expectation.size
        let allowed = request.maximumByteCount ?? (isToMemory ? maximumMemoryBody : .max)
        limit = min(allowed, expected ?? .max)
    }

    /// Refuses a body by its size.
    ///
    /// - Parameters:
    ///   - size: The size of the whole body, as it was declared, encoded.
    ///   - isHTML: Whether it is declared to be HTML.
    /// - Returns: Why it is refused, if it is.
    func refuse(size: UInt64, isHTML: Bool) -> TransferError.Code? {
        let isWrong = isIdentity && expected.map { $0 != size } ?? false
        guard isWrong || size > limit else { return nil }
        if isHTML, !isToMemory { return .htmlInsteadOfFile }
        if isWrong, let expected { return .wrongSize(expected: expected, found: size) }
        return .tooLong(limit: limit, declared: size)
    }
}
