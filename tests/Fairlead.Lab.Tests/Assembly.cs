// Several of these tests compare the whole machine before and after; a lab that another test brings up meanwhile would be found as a leak.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
