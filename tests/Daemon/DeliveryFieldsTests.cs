using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Daemon;

public class DeliveryFieldsTests
{
    private const string Url = "http://a/", Other = "http://b/";

    private static readonly ReportDelivery s_mains = new(Url, new Dictionary<string, string> { ["X-Token"] = "secret" }, Compress: true, RateLimit: true);

    [Theory]
    [InlineData(null)]
    [InlineData(Url)]
    public void AChildOfTheSameServerIsSentAsItsMainProcess(string? url)
        => Assert.Equivalent(s_mains, DeliveryFields.Of(Says((RegistrationFields.Url, url)), new ReportDelivery(Url), s_mains), strict: true);

    [Fact]
    public void AnotherServerGetsNoneOfIt()
        => Assert.Equivalent(new ReportDelivery(Other), DeliveryFields.Of(Says((RegistrationFields.Url, Other)), new ReportDelivery(Url), s_mains), strict: true);

    [Fact]
    public void WhatTheHandlerWasToldIsForAll()
        => Assert.Equivalent(
            new ReportDelivery(Other, RateLimit: true), DeliveryFields.Of(Says((RegistrationFields.Url, Other)), new ReportDelivery(Url, RateLimit: true), s_mains), strict: true);

    [Fact]
    public void AMainProcessTakesNothingOfAFormerOne()
        => Assert.Equivalent(
            new ReportDelivery(Url), DeliveryFields.Of(Says((RegistrationFields.Url, Url), (RegistrationFields.MainProcess, "1")), new ReportDelivery(Url), s_mains), strict: true);

    [Fact]
    public void OnesOwnHeadersTakeTheMainProcesss()
        => Assert.Equal(
            new Dictionary<string, string> { ["x-own"] = "1" },
            DeliveryFields.Of(Says((RegistrationFields.Headers, "X-Own: 1\nnone\nContent-Type: evil\nX-Bad: \u0001")), new ReportDelivery(Url), s_mains).Headers!.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value));

    private static Registration Says(params (string Field, string? Value)[] fields)
        => new(fields.Where(field => field.Value is not null).ToDictionary(field => field.Field, field => field.Value!), new Dictionary<string, string>());
}
