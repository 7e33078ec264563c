using System.IO.Compression;
using System.Net;

namespace CrashHandler.Handler.Upload;

/// <summary>Another content, compressed as a whole, in memory: Socorro wants its length before it is sent.</summary>
internal sealed class GzipContent : HttpContent
{
    private readonly MemoryStream _compressed;

    private GzipContent(MemoryStream compressed, HttpContent plain)
    {
        _compressed = compressed;
        foreach ((string name, IEnumerable<string> values) in plain.Headers.NonValidated.Select(header => (header.Key, header.Value.AsEnumerable())))
        {
            if (name != "Content-Length")
            {
                Headers.TryAddWithoutValidation(name, values);
            }
        }

        Headers.TryAddWithoutValidation("Content-Encoding", "gzip");
    }

    /// <summary>Compresses a content.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static async Task<GzipContent> CreateAsync(HttpContent plain, CancellationToken cancellation)
    {
        MemoryStream compressed = new();
        await using (GZipStream gzip = new(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await plain.CopyToAsync(gzip, cancellation).ConfigureAwait(false);
        }

        return new GzipContent(compressed, plain);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _compressed.Length;
        return true;
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        _compressed.Position = 0;
        return _compressed.CopyToAsync(stream);
    }
}
