internal import FileIO
internal import NIOCore
internal import NIOHTTP1
internal import ServedTree

/// Bodies of answers, each no faster than the client takes it.
extension ConnectionHandler {
    /// Up to this size a file is read at once: a call to send it would take longer.
    static let smallFile = 1 << 16

    /// Sends a small part of a file.
    func send(
        _ file: LinkedFile,
        _ range: Range<UInt64>,
        _ context: ChannelHandlerContext,
        then next: @escaping () -> Void
    ) {
        var buffer = context.channel.allocator.buffer(capacity: range.count)
        do {
            // The pointer is the buffer's own room, and does not leave the closure.
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) { room in
                try file.read(into: .init(rebasing: room[..<range.count]), from: range.lowerBound)
            }
        } catch {
            return close(context)
        }
        // A file that became shorter is none that was announced.
        guard buffer.readableBytes == range.count else { return close(context) }
        context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        count(range.count)
        next()
    }

    /// Sends a file in pieces, the next one when the client took the last.
    func stream(
        _ region: OpenRegion,
        _ range: Range<UInt64>,
        _ context: ChannelHandlerContext,
        then next: @escaping () -> Void
    ) {
        guard isAnswering else { return }
        guard !range.isEmpty else { return next() }
        let end = min(range.upperBound, range.lowerBound + limits.pieceBytes)
        let piece = region.piece(range.lowerBound..<end)
        grantPiece()
        context.writeAndFlush(wrapOutboundOut(.body(.fileRegion(piece)))).assumeIsolated().whenComplete {
            [self] result in
            switch result {
            case .success:
                count(Int(end - range.lowerBound))
                // Not from within this piece, which may have been taken at once: others have their turn.
                context.eventLoop.assumeIsolated().execute { [self] in
                    stream(region, end..<range.upperBound, context, then: next)
                }
            case .failure: close(context)
            }
        }
    }

    /// Sends a file as it grows; the connection ends where it turns out to be none.
    func follow(
        _ file: any GrowingFile,
        _ offset: UInt64,
        _ end: UInt64?,
        _ context: ChannelHandlerContext,
        then next: @escaping () -> Void
    ) {
        guard isAnswering else { return }
        if let end, offset >= end { return next() }
        // What was answered so far need not wait for the rest.
        context.flush()
        grantAnswer()
        let promise = context.eventLoop.makePromise(of: Growth.self)
        file.wait(behind: offset) { promise.succeed($0) }
        promise.futureResult.assumeIsolated().whenSuccess { [self] growth in
            guard isAnswering else { return }
            switch growth {
            case .broken: close(context)
            case .complete where end == nil: next()
            case .complete: close(context)
            case .available(let part, let available):
                let stop = min(available, end ?? available)
                guard stop > offset else { return close(context) }
                stream(OpenRegion(part), offset..<stop, context) { [self] in
                    follow(file, stop, end, context, then: next)
                }
            }
        }
    }
}
