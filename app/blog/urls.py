from django.urls import path

from blog import views

urlpatterns = [
    path("", views.PostList.as_view(), name="posts"),
    path("posts/new/", views.AddPost.as_view(), name="new"),
    path("posts/<slug:slug>/", views.PostPage.as_view(), name="post"),
    path("healthz", views.healthz, name="healthz"),
]
