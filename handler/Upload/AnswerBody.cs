using System.Text;

namespace CrashHandler.Handler.Upload;

/// <summary>The body of a server's answer.</summary>
internal static class AnswerBody
{
    /// <summary>
    /// What can be had of it, bounded. The status has decided by then: a body that breaks off or never ends must not send a taken report again.
    /// </summary>
    public static async Task<string> ReadAsync(HttpContent content, CancellationToken cancellation)
    {
        byte[] buffer = new byte[UploadLimits.MaxAnswerBytes];
        int length = 0;
        try
        {
            await using Stream stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            int count = 0;
            do
            {
                length += count;
                count = await stream.ReadAsync(buffer.AsMemory(length), cancellation).ConfigureAwait(false);
            }
            while (count > 0);
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException or OperationCanceledException)
        {
            // What was read by then stands.
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
