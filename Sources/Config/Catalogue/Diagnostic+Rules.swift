import Plan

extension Diagnostic {
  /// One for each wording of the catalogue.
  public enum Rule: String, Hashable, Sendable, CaseIterable {
    // Reading the text.
    case textTooLarge, byteOrderMark, nulByte, notUTF8, controlCharacter, invisibleCharacter, invisibleInComment,
      hiddenLineEnd
    case foreignBlank, typographicQuotes, conflictMarker, tabIndentation, syntax, blankMissing, unquotedSign
    case emptyDocument, emptyFirstDocument, separatorMissing
    case severalDocuments, nestingTooDeep, tooManyNodes, aliasExpansion, unknownAnchor, explicitTag, duplicateKey
    case keyNotText, mergeKey
    // Options and environment.
    case overrideWithoutValue, overrideEmptyKey, overrideUnknownTarget, overrideInsideValue, badVariable
    case variableWithoutEffect, unknownVariable, variableContradicted
    // Keys and types.
    case unknownKey, missingKey, missingMaxAge, wrongType, emptyValue, nullValue, emptyItem, emptyList, emptyText
    case controlCharacterInText, notSupportedYet, unknownVersion, noTargets, tooManyTargets
    // Values.
    case badBoolean, unknownChoice, notANumber, leadingZero, outOfRange, numberTooLarge, missingUnit, badDuration
    case monthsNotAllowed, badSize, badPercentage, badPeriod, badTime, slashOfNoFolder
    case globEmpty, globUnclosedSet, globEmptyRange, globDanglingEscape, globDoubleStar
    case globEmptyComponent
    // Paths.
    case pathTooLong, nameTooLong, relativePath, emptyComponent, dotComponent, wildcardNotAllowed, doubleStarInPath
    case unknownDateField, unknownReportField, strayBrace, fieldNeedsField, fieldTwice, fieldBetweenWildcards,
      mixedCalendars
    case unknownTimeZone, noTimeZones
    case protectedPath, outsideAllowedRoots, partitionsWithoutTemplate
    case boundsReversed, folderBelowDate
    // Plans.
    case duplicateTargetName, overlappingTargets, tooManyPatterns, sizesReversed, thresholdsReversed, memoryTooSmall,
      thresholdAboveLimit,
      budgetsDoNotFit
    case moreTargetsThanConcurrency
    // Manifests.
    case noKubernetesObject, noConfigInManifest, noSuchConfigMapKey, keyOfPlainConfig, configNotText, badConfigMapKey,
      configMapTooLarge
    case badBase64, helmTemplate, configWithoutKey, foldedConfig, encodedConfig, duplicateConfigMap
    // Patterns, and keys that other keys contradict.
    case nothingIncluded, everythingExcluded, patternWithoutEffect, excludeMeetsNothing, patternRepeated,
      patternCovered,
      patternOfEverything
    case tooManyItems, ruleWithoutEffect
    case patternHoldsPath, excludeOfDefaultsHolds, patternOutsideTarget, patternOfFolderBeside, foreignPattern,
      patternOfOneDepth
    case patternSetNotASCII, patternUnclosedBrace, patternBracesTooDeep, patternDoubleStarInBraces,
      patternSlashInBraces,
      patternEscapedSlash, patternDots
    case youngPartitions, onlyDots, oddEnd, foldersTooYoung, boundCutsPeriod,
      boundsHoldNoPeriod, boundInFuture
    case emptyDirectoriesOutOfReach, boundNotBelowRuns, fewerTargets, defaultUnused
    case nothingToDelete, noFileGoes
    // Warnings.
    case limitAboveContainer, youngMaxAge, youngFolders, disabledTarget, concurrencyOverCeiling, keyWithoutEffect
    case reportInsideTarget, reportIsFolder, rareSampling
    // What is legal, and hardly meant.
    case severalPaths, placeholderInPath, pathOfFiles, hugeAge, onlyEmptyFiles, smallSize, youngEmptyDirectories
    case shortTimeLimit, progressNeverLogged
    case rootOfEverything, rootInside, rootProtected
    // What one host has against it.
    case hostFolderMissing, hostNoFolderMatches, hostTooManyFolders, hostSymbolicLink, hostNotDirectory,
      hostLinksPassedOver, hostAlmostDates, hostMountsPassedOver
    case hostFolderRefused, hostNoAnswer, hostMountHangs, hostOutOfTime, hostNoThread, hostHeld
    case hostReportIsFolder, hostReportWithoutFolder
    case hostCannotDelete, hostProbeRemains, hostProbeMayRemain, hostDeletionUnknown
    case hostClockSkew, hostContainerFileSystem, hostSoftMount, hostAccessTimesOff, hostAccessTimesOnServer
    case hostAccessTimesDaily, hostAccessTimesUnknown, hostBirthTimesUnknown, hostDescriptors, hostThreads
    // Workloads.
    case noWorkload, otherKeyRead, onlyBystanders, tooManyContainers, badMemoryQuantity, noMemoryLimit,
      memoryLimitTooSmall,
      requestAboveLimit
    case unknownVolume, targetNotMounted, targetReadOnly, targetPartlyReadOnly, mountsPassedOver, systemFolderOfNode,
      targetGoneWithPod, reportNotWritable, reportGoneWithPod
    case otherTerminationLog
    case gracePeriodTooShort, gracePeriodTight, deadlineBeforeTimeLimit, deadlineBeforeAttempts
    case startedAgain, retriedWhateverHappened, restartPolicyRefused, otherRunAllowed, severalPods, shardsNotSupported
    case failurePolicyNeedsNever, badExitStatuses, unknownContainer, retryForgone, retryInVain, retriesInVain
    case noArguments, badArgument, selectsNoTarget, configFromStandardInput
    case otherNamespace, otherConfigMap, otherConfigMapKey, noSuchConfigFile, noSuchSubPath, configPathIsFolder
    case configMountedElsewhere, configNotMounted
    case commandInOneText, commandLineNotRead, textNeeded, undefinedReference, shellReference, fixedNow
    case relativeInContainer, unknownVolumeKind, mountPathTwice, formerVersion, reportIsMount, unknownWord
  }

  /// One for each wording of a note.
  public enum NoteRule: String, Hashable, Sendable, CaseIterable {
    case context, firstHere, valueHere, rootsHere, pathHere, boundHere, otherTargetHere, targetHere, folderHere,
      maxSizeHere,
      thresholdHere
    case budgetHere, ceilingHere, decodedHere, concurrencyHere
    case includeHere, excludeHere, maxDepthHere, otherPatternHere, maxAgeHere, olderThanHere
    case runsBoundHere, variableHere
    case containerLimitHere, volumesHere, containerHere, mountsHere, mountHere, readOnlyHere, volumeHere,
      messagePathHere,
      timeLimitHere
    case backoffLimitHere, failurePolicyHere, configMapHere, keyHere, configMountHere
  }

  static func error(
    _ rule: Rule, _ message: String, at place: SourcePlace, notes: [Note] = [], hint: String?
  ) -> Diagnostic {
    Diagnostic(severity: .error, rule: rule, message: message, place: place.trimmed, notes: notes, hint: hint)
  }

  static func warning(
    _ rule: Rule, _ message: String, at place: SourcePlace, notes: [Note] = [], hint: String?
  ) -> Diagnostic {
    Diagnostic(severity: .warning, rule: rule, message: message, place: place.trimmed, notes: notes, hint: hint)
  }
}
