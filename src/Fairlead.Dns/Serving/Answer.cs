namespace Fairlead.Dns.Serving;

/// <summary>
/// What a handler put into the response buffer: a whole message with header, question and records, but without an OPT record. The server sets the
/// identifier, RD and CD, adds EDNS where the client has it, and cuts what is too long for the client; the handler does none of that.
/// </summary>
/// <param name="Length">How many bytes were written.</param>
/// <param name="Origin">Where the answer came from, for the log and the metrics.</param>
public readonly record struct Answer(int Length, AnswerOrigin Origin);
