namespace CrashHandler.Handler.Capture.Linux;

internal static class FailSpotExtensions
{
    /// <summary>Fails if <paramref name="spot"/> is one of <paramref name="spots"/>.</summary>
    /// <exception cref="InvalidDataException">It is.</exception>
    public static void Pass(this CaptureFailSpots spots, CaptureFailSpots spot)
    {
        if ((spots & spot) != 0)
        {
            throw new InvalidDataException($"fail spot {spot}");
        }
    }
}
