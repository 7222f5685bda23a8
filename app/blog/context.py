from django.conf import settings

from blog.version import version


def site(request):
    """What every page shows: title, version, and whether posts can be added."""
    return {"blog_title": settings.BLOG_TITLE, "version": version(), "posting": settings.BLOG_POSTING}
